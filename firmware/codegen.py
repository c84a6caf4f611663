"""Generation of a model's C++ source and constants from its prepared layers."""

from __future__ import annotations

__all__ = ["GeneratedModel", "generate"]

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

import numpy as np

from firmware.arena import ArenaPlan
from firmware.model import Model, Tensor
from firmware.operators import (
    ConstArray,
    Enumerator,
    PreparedLayer,
    Scratch,
    Shape,
    TensorData,
    Value,
)

_ALIGNMENT = 16
_DTYPES = {
    "int8_t": "<i1",
    "int16_t": "<i2",
    "int32_t": "<i4",
    "int64_t": "<i8",
    "float": "<f4",
}
_CTYPES = {
    "int8": "int8_t",
    "uint8": "uint8_t",
    "bool": "bool",
    "int16": "int16_t",
    "uint16": "uint16_t",
    "int32": "int32_t",
    "uint32": "uint32_t",
    "int64": "int64_t",
    "uint64": "uint64_t",
    "float32": "float",
    "float64": "double",
}
_LONGEST_NAME = 60


@dataclass(frozen=True)
class GeneratedModel:
    """A model's C++ source and the data it refers to.

    Attributes
    ----------
    model_cc
        Implements "playground/model.h".
    constants
        What `playground_constants` holds; every constant begins at a multiple of 16 bytes.
    kernels
        C++ names of the kernels to link, sorted.
    """

    model_cc: str
    constants: bytes = field(repr=False)
    kernels: tuple[str, ...]


def generate(
    model: Model,
    arena: ArenaPlan,
    prepared: Sequence[PreparedLayer],
    overrides: Collection[str] = (),
) -> GeneratedModel:
    """Write the C++ of a model.

    The same arguments always give the same result.

    Parameters
    ----------
    prepared
        All of the model's layers, in order.
    overrides
        Names of the kernels for which an override is linked in. Such a layer calls the override
        first, and the reference kernel if the override declines.
    """
    return _Generator(model, arena).generate(prepared, overrides)


class _Constants:
    """The blob of constants, in which equal ones share their place."""

    def __init__(self) -> None:
        self._offsets: dict[bytes, int] = {}
        self._blob = bytearray()

    def place(self, data: bytes) -> int:
        if data not in self._offsets:
            self._blob.extend(bytes(-len(self._blob) % _ALIGNMENT))
            self._offsets[data] = len(self._blob)
            self._blob.extend(data)
        return self._offsets[data]

    def content(self) -> bytes:
        # Never empty, so that the symbol has an address of its own.
        return bytes(self._blob) + bytes(-len(self._blob) % _ALIGNMENT or (not self._blob) * 16)


class _Generator:
    def __init__(self, model: Model, arena: ArenaPlan) -> None:
        self._model = model
        self._arena = arena
        self._constants = _Constants()

    def generate(
        self, prepared: Sequence[PreparedLayer], overrides: Collection[str]
    ) -> GeneratedModel:
        kernels = sorted({layer.kernel for layer in prepared})
        slots = "\n".join(
            f"static LayerSlot<{layer.struct}> layer_{layer.index};" for layer in prepared
        )
        preparations = "\n".join(self._preparation(layer) for layer in prepared)
        calls = "\n".join(f"  PrepareLayer{layer.index}();" for layer in prepared)
        cases = "\n".join(_case(layer, layer.kernel in overrides) for layer in prepared)
        includes = "\n".join(
            f'#include "playground/{name}.h"' for name in sorted([*kernels, "layer_slot", "model"])
        )
        source = f"""\
// Generated from `{_plain(self._model.name)}`: {len(prepared)} layers. Do not edit.

{includes}

namespace playground {{

alignas({_ALIGNMENT}) __attribute__((section(".bss.arena")))
uint8_t kArena[{max(self._arena.size_bytes, 1)}];
const uint32_t kArenaBytes = {self._arena.size_bytes};

{self._references("kInput", self._model.inputs)}
{self._references("kOutput", self._model.outputs)}
const uint32_t kLayerCount = {len(prepared)};

{slots}

{preparations}
void PrepareLayers() {{
{calls}
}}

bool RunLayer(uint32_t index) {{
  switch (index) {{
{cases}
    default:
      return false;
  }}
}}

}}  // namespace playground
"""
        return GeneratedModel(
            model_cc=source, constants=self._constants.content(), kernels=tuple(kernels)
        )

    def _references(self, name: str, indices: Sequence[int]) -> str:
        rows = []
        for index in indices:
            tensor = self._model.tensors[index]
            pointer = self._address(tensor)
            if tensor.is_constant:
                pointer = f"const_cast<uint8_t*>({pointer})"
            rows.append(f"    {{{pointer}, {tensor.bytes}}},  // {_describe(tensor)}\n")
        return (
            f"const TensorRef {name}s[] = {{\n{''.join(rows)}    {{nullptr, 0}},\n}};\n"
            f"const uint32_t {name}Count = {len(rows)};\n"
        )

    def _address(self, tensor: Tensor) -> str:
        if tensor.data is not None:
            return f"playground_constants + {self._constants.place(tensor.data)}"
        return f"kArena + {self._arena.tensor_offsets[tensor.index]}"

    def _preparation(self, layer: PreparedLayer) -> str:
        tensors = self._model.layers[layer.index]
        operands = "".join(
            f"// {role}: {_describe(self._model.tensors[index])}\n"
            for role, indices in (("in ", tensors.inputs), ("out", tensors.outputs))
            for index in indices
            if index != -1
        )
        statements = "".join(self._assignments(layer))
        return f"""\
// Layer {layer.index}, {layer.operator}
{operands}static void PrepareLayer{layer.index}() {{
  [[maybe_unused]] {layer.struct}& layer = layer_{layer.index}.Construct();
{statements}}}
"""

    def _assignments(self, layer: PreparedLayer) -> list[str]:
        return [
            f"  SetShape({', '.join([f'layer.{path}', *map(str, value.dims)])});\n"
            if isinstance(value, Shape)
            else f"  layer.{path} = {self._expression(value, layer)};\n"
            for path, value in layer.fields.items()
        ]

    def _expression(self, value: Value, layer: PreparedLayer) -> str:
        match value:
            case None:
                return "nullptr"
            case bool():
                return str(value).lower()
            case int():
                return _integer(value)
            case float():
                return f"{value.hex()}  /* {value!r} */"
            case Enumerator():
                return value.name
            case ConstArray():
                data = np.array(value.values, dtype=_DTYPES[value.ctype]).tobytes()
                offset = self._constants.place(data)
                return f"reinterpret_cast<const {value.ctype}*>(playground_constants + {offset})"
            case TensorData():
                return self._typed_address(self._model.tensors[value.index])
            case Scratch():
                offset = self._arena.scratch_offsets[layer.index]
                return f"reinterpret_cast<{value.ctype}*>(kArena + {offset})"
            case _:
                raise TypeError(f"{type(value).__name__} is not assigned to a member")

    def _typed_address(self, tensor: Tensor) -> str:
        qualifier = "const " if tensor.is_constant else ""
        ctype = _CTYPES[tensor.dtype]
        return f"reinterpret_cast<{qualifier}{ctype}*>({self._address(tensor)})"


def _case(layer: PreparedLayer, overridden: bool) -> str:
    slot = f"layer_{layer.index}.Get()"
    attempt = f"      if ({layer.kernel}({slot})) return true;\n" if overridden else ""
    return (
        f"    case {layer.index}:\n{attempt}"
        f"      reference::{layer.kernel}({slot});\n"
        f"      return false;"
    )


def _integer(value: int) -> str:
    if -(1 << 31) < value < 1 << 31:
        return str(value)
    # The most negative number of a type cannot be written as a literal of that type.
    return f"INT64_C({value})" if value > -(1 << 31) else f"(INT64_C({value + 1}) - 1)"


def _describe(tensor: Tensor) -> str:
    dims = "x".join(map(str, tensor.shape)) or "scalar"
    return f"{tensor.dtype} {dims} `{_plain(tensor.name)}`"


def _plain(name: str) -> str:
    """Return a name, which may come from anyone's file, as text that is safe in a `//` comment."""
    kept = "".join(
        letter if letter.isascii() and (letter.isalnum() or letter in " _-./:;,()[]") else "_"
        for letter in name[:_LONGEST_NAME]
    )
    return kept + ("..." if len(name) > _LONGEST_NAME else "")
