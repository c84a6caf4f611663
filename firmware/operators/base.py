"""What an operator's preparation yields, and how operators are found."""

from __future__ import annotations

__all__ = [
    "ConstArray",
    "Enumerator",
    "Operator",
    "PreparedLayer",
    "Scratch",
    "Shape",
    "TensorData",
    "Value",
    "prepare",
    "supported_operators",
]

import functools
import importlib
import pkgutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from firmware.model import Layer, Model
from toolchain import PlaygroundError

if TYPE_CHECKING:
    from firmware.operators.view import LayerView


@dataclass(frozen=True)
class Enumerator:
    """A C++ enumerator: `tflite::PaddingType::kSame`."""

    name: str


@dataclass(frozen=True)
class ConstArray:
    """A read-only array made at preparation; the member is a pointer to its first element.

    Attributes
    ----------
    ctype
        Element type: "int8_t", "int16_t", "int32_t", "int64_t" or "float".
    """

    ctype: str
    values: tuple[int, ...] | tuple[float, ...]


@dataclass(frozen=True)
class TensorData:
    """A pointer to the data of a tensor, given by its index; `None` is a null pointer instead."""

    index: int


@dataclass(frozen=True)
class Shape:
    """A `tflite::RuntimeShape`, of at most six dimensions."""

    dims: tuple[int, ...]


@dataclass(frozen=True)
class Scratch:
    """A pointer to the layer's own scratch memory, with its element type."""

    ctype: str = "uint8_t"


Value = int | float | bool | None | Enumerator | ConstArray | TensorData | Shape | Scratch


@dataclass(frozen=True)
class PreparedLayer:
    """A layer with everything computed that TensorFlow Lite Micro computes before it first runs.

    Attributes
    ----------
    index
        The layer's position in the model.
    operator
        The schema's name, "CONV_2D".
    kernel
        C++ name of the kernel and of its files, "conv_2d".
    struct
        C++ type of the kernel's argument, "Conv2DLayer".
    fields
        Dotted C++ member path to its value, in the order of assignment. Members that are not
        named are zero.
    scratch_bytes
        Memory the kernel needs while the layer runs.
    macs
        Multiply-accumulate operations, padding included; 0 where that says nothing.
    """

    index: int
    operator: str
    kernel: str
    struct: str
    fields: Mapping[str, Value]
    scratch_bytes: int = 0
    macs: int = 0


@dataclass(frozen=True)
class Operator:
    """Support of one operator. Each module of this package that has one as `OPERATOR` adds it.

    Attributes
    ----------
    name
        The schema's name, "CONV_2D".
    kernel, struct
        See `PreparedLayer`.
    prepare
        Checks a layer and returns its fields and what else is not the default.
    """

    name: str
    kernel: str
    struct: str
    prepare: Callable[[LayerView], PreparedLayer]


def prepare(model: Model, layer: Layer) -> PreparedLayer:
    """Check a layer and compute what its kernel needs.

    Every shape is compared with what the kernel will index, so that a prepared layer never reads
    or writes outside of its tensors.

    Raises
    ------
    PlaygroundError
        Naming layer, operator, tensor and what is supported instead.
    """
    from firmware.operators.view import LayerView

    operator = _operators().get(layer.operator)
    if operator is None:
        raise PlaygroundError(
            f"layer {layer.index} of `{model.name}` uses operator `{layer.operator}`, "
            "which is not supported",
            hint="supported operators are listed by `cfu list operators`",
        )
    return operator.prepare(LayerView(model=model, layer=layer, definition=operator))


def supported_operators() -> tuple[str, ...]:
    """Return the schema's names of all operators that can be prepared, sorted."""
    return tuple(sorted(_operators()))


@functools.cache
def _operators() -> Mapping[str, Operator]:
    found: dict[str, Operator] = {}
    for module_info in pkgutil.iter_modules([str(Path(__file__).parent)]):
        module = importlib.import_module(f"firmware.operators.{module_info.name}")
        operator = getattr(module, "OPERATOR", None)
        if isinstance(operator, Operator):
            found[operator.name] = operator
    return MappingProxyType(found)
