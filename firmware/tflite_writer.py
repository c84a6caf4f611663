"""Writes `.tflite` files from plain values."""

from __future__ import annotations

__all__ = ["ModelWriter"]

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import flatbuffers
import numpy as np
import numpy.typing as npt

from firmware.model import OptionValue
from firmware.tflite_schema import (
    SCHEMA_VERSION,
    enumeration,
    enumeration_of,
    options_table,
    table_fields,
)

_DATA_ALIGNMENT = 16  # the schema's `force_align` of Buffer.data
_LAST_DEPRECATED_CODE = 127  # larger operator codes do not fit the original 8-bit field


@dataclass(frozen=True)
class _Tensor:
    name: str
    shape: tuple[int, ...]
    dtype: str
    scales: tuple[float, ...] | None
    zero_points: tuple[int, ...]
    axis: int
    data: bytes | None


@dataclass(frozen=True)
class _Layer:
    operator: str
    version: int
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    options: Mapping[str, OptionValue]


class ModelWriter:
    """Collects tensors and layers, then writes them as a model with one subgraph.

    The same calls give the same bytes. The graph's meaning is not checked: that is the reader's
    work, and its tests need files that are wrong.

    Parameters
    ----------
    description
        Free text kept in the file.
    """

    def __init__(self, description: str = "") -> None:
        self._description = description
        self._tensors: list[_Tensor] = []
        self._layers: list[_Layer] = []

    def tensor(
        self,
        name: str,
        shape: Sequence[int],
        *,
        dtype: str = "int8",
        scale: float | Sequence[float] | None = None,
        zero_point: int | Sequence[int] = 0,
        axis: int = 0,
        data: npt.ArrayLike | bytes | None = None,
    ) -> int:
        """Add a tensor and return its index.

        Parameters
        ----------
        name, shape
            As they are to stand in the file; () is a scalar.
        dtype
            NumPy's name of the element type.
        scale
            One number, one per slice along `axis`, or `None` for a tensor without quantization.
        zero_point
            One number, which then holds for every scale, or as many as there are scales.
        axis
            The dimension that several scales run along.
        data
            Value of a constant tensor, converted to `dtype`; bytes are written as they are.

        Raises
        ------
        ValueError
            If the schema has no such element type, or `data` has the wrong number of elements or
            values that `dtype` cannot hold.
        """
        if dtype.upper() not in enumeration("TensorType").values():
            raise ValueError(f"`{dtype}` is not an element type of the .tflite schema")
        scales = None if scale is None else tuple(np.atleast_1d(scale).tolist())
        zero_points = tuple(np.atleast_1d(zero_point).tolist())
        if scales is not None and len(zero_points) == 1:
            zero_points *= len(scales)
        self._tensors.append(
            _Tensor(
                name=name,
                shape=tuple(int(size) for size in shape),
                dtype=dtype,
                scales=scales,
                zero_points=zero_points,
                axis=axis,
                data=data if data is None or isinstance(data, bytes) else _pack(data, shape, dtype),
            )
        )
        return len(self._tensors) - 1

    def layer(
        self,
        operator: str,
        inputs: Sequence[int],
        outputs: Sequence[int],
        *,
        version: int = 1,
        options: Mapping[str, OptionValue] | None = None,
    ) -> int:
        """Add an operator, which runs after those added before, and return its index.

        Parameters
        ----------
        operator
            The schema's builtin name, or "CUSTOM:" and a custom operator's name.
        inputs, outputs
            Tensor indices; -1 stands for an absent optional input.
        version
            The operator's version, which tells a runtime what it must support.
        options
            Builtin options by the schema's snake_case names, enumerations as strings; what is
            left out has the schema's default.

        Raises
        ------
        ValueError
            If the operator or one of its options is not in the schema.
        """
        if not operator.startswith("CUSTOM:") and operator not in _codes("BuiltinOperator"):
            raise ValueError(f"`{operator}` is not a builtin operator of the .tflite schema")
        table = options_table(operator)
        known = table_fields(table) if table else {}
        for name in options or {}:
            if name not in known:
                raise ValueError(f"`{operator}` has no option `{name}`")
        self._layers.append(
            _Layer(operator, version, tuple(inputs), tuple(outputs), dict(options or {}))
        )
        return len(self._layers) - 1

    def finish(self, inputs: Sequence[int], outputs: Sequence[int]) -> bytes:
        """Return the file's content, given the graph's input and output tensors."""
        builder = flatbuffers.Builder(1024)
        codes = list(dict.fromkeys((layer.operator, layer.version) for layer in self._layers))
        constants = [tensor.data for tensor in self._tensors if tensor.data is not None]
        buffers = [_table(builder, "Buffer", {})]  # buffer 0 is the one that is always empty
        buffers += [_buffer(builder, data) for data in constants]
        subgraph = _table(
            builder,
            "SubGraph",
            {
                "tensors": self._write_tensors(builder),
                "inputs": inputs,
                "outputs": outputs,
                "operators": [
                    _operator(builder, layer, codes.index((layer.operator, layer.version)))
                    for layer in self._layers
                ],
                "name": "main",
            },
        )
        model = _table(
            builder,
            "Model",
            {
                "version": SCHEMA_VERSION,
                "operator_codes": [_operator_code(builder, *code) for code in codes],
                "subgraphs": [subgraph],
                "description": self._description,
                "buffers": buffers,
            },
        )
        builder.Finish(model, file_identifier=b"TFL3")
        return bytes(builder.Output())

    def _write_tensors(self, builder: Any) -> list[int]:
        positions = []
        next_buffer = 1
        for tensor in self._tensors:
            values: dict[str, Any] = {
                "shape": tensor.shape,
                "type": tensor.dtype.upper(),
                "name": tensor.name,
                "has_rank": True,
            }
            if tensor.data is not None:
                values["buffer"] = next_buffer
                next_buffer += 1
            if tensor.scales is not None:
                values["quantization"] = _table(
                    builder,
                    "QuantizationParameters",
                    {
                        "scale": tensor.scales,
                        "zero_point": tensor.zero_points,
                        "quantized_dimension": tensor.axis,
                    },
                )
            positions.append(_table(builder, "Tensor", values))
        return positions


def _codes(name: str) -> dict[str, int]:
    return {member: value for value, member in enumeration(name).items()}


def _pack(data: npt.ArrayLike, shape: Sequence[int], dtype: str) -> bytes:
    """Return little-endian bytes of an array, having checked that nothing is lost."""
    given = np.asarray(data)
    packed = given.astype(np.dtype(dtype).newbyteorder("<"))
    if given.size != np.prod(shape, dtype=np.int64):
        raise ValueError(f"{given.size} values do not fill a tensor of shape {tuple(shape)}")
    if packed.dtype.kind in "iu" and not np.array_equal(packed, given):
        raise ValueError(f"the values do not fit `{dtype}`")
    return packed.tobytes()


def _operator_code(builder: Any, operator: str, version: int) -> int:
    kind, _, custom_code = operator.partition(":")
    code = _codes("BuiltinOperator")[kind]
    values = {
        "deprecated_builtin_code": min(code, _LAST_DEPRECATED_CODE),
        "builtin_code": code,
        "version": version,
    }
    return _table(
        builder, "OperatorCode", values | ({"custom_code": custom_code} if custom_code else {})
    )


def _operator(builder: Any, layer: _Layer, code_index: int) -> int:
    values: dict[str, Any] = {
        "opcode_index": code_index,
        "inputs": layer.inputs,
        "outputs": layer.outputs,
    }
    table = options_table(layer.operator)
    if table is not None:
        union = "builtin_options" if table in _codes("BuiltinOptions") else "builtin_options2"
        values[union] = _table(builder, table, layer.options)
        values[f"{union}_type"] = _codes(union.title().replace("_", ""))[table]
    return _table(builder, "Operator", values)


def _buffer(builder: Any, data: bytes) -> int:
    builder.StartVector(1, len(data), _DATA_ALIGNMENT)
    builder.head -= len(data)
    builder.Bytes[builder.head : builder.head + len(data)] = data
    return _table(builder, "Buffer", {"data": builder.EndVector()})


def _table(builder: Any, name: str, values: Mapping[str, Any]) -> int:
    """Write a table and return its position.

    Numbers, names of an enumeration, strings and sequences of numbers are given as they are;
    tables, unions and vectors of tables by the positions they were written at.
    """
    fields = table_fields(name)
    ready: dict[str, Any] = {}
    for key, value in values.items():
        field = fields[key]
        names = enumeration_of(name, key)
        if field.is_vector and not isinstance(value, int):
            ready[key] = _vector(builder, field.kind, value)
        elif field.kind == "string":
            ready[key] = builder.CreateString(value)
        elif names is not None and not field.is_vector:
            ready[key] = {member: number for number, member in names.items()}[value]
        else:
            ready[key] = value
    builder.StartObject(max((field.slot for field in fields.values()), default=-1) + 1)
    for key, value in ready.items():
        field = fields[key]
        if field.is_vector or field.kind in ("string", "table", "union"):
            builder.PrependUOffsetTRelativeSlot(field.slot, value, 0)
        else:
            prepend = getattr(builder, f"Prepend{field.kind.capitalize()}Slot")
            prepend(field.slot, value, field.default)
    return int(builder.EndObject())


def _vector(builder: Any, kind: str, values: Sequence[Any]) -> int:
    if kind == "table":
        builder.StartVector(4, len(values), 4)
        for value in reversed(values):
            builder.PrependUOffsetTRelative(value)
    else:
        itemsize = np.dtype(kind).itemsize
        builder.StartVector(itemsize, len(values), itemsize)
        prepend = getattr(builder, f"Prepend{kind.capitalize()}")
        for value in reversed(values):
            prepend(value)
    return int(builder.EndVector())
