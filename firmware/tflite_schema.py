"""The `.tflite` schema, read off the classes that flatc generated for the `tflite` wheel.

The reader and the writer share this one description, so neither repeats slot numbers, types or
defaults of the schema by hand, and every operator's options are known without being listed.
"""

from __future__ import annotations

__all__ = [
    "SCHEMA_VERSION",
    "Field",
    "enumeration",
    "enumeration_of",
    "operator_name",
    "options_table",
    "table_fields",
    "union_member",
]

import functools
import importlib
import inspect
import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

SCHEMA_VERSION = 3

# What the generated classes do not tell: which integers stand for names. By field name, or by
# table and field name where that is ambiguous.
_ENUMERATIONS: Mapping[str, str] = MappingProxyType(
    {
        "Tensor.type": "TensorType",
        "LSHProjectionOptions.type": "LSHProjectionType",
        "combiner": "CombinerType",
        "fused_activation_function": "ActivationFunctionType",
        "idx_out_type": "TensorType",
        "in_data_type": "TensorType",
        "key_dtype": "TensorType",
        "kernel_type": "LSTMKernelType",
        "mode": "MirrorPadMode",
        "out_data_type": "TensorType",
        "out_type": "TensorType",
        "output_type": "TensorType",
        "padding": "Padding",
        "quantized_bias_type": "TensorType",
        "reduce_function": "ReduceWindowFunction",
        "value_dtype": "TensorType",
        "weights_format": "FullyConnectedOptionsWeightsFormat",
    }
)

# The same for unions: the enumeration that says which table is meant.
_UNIONS: Mapping[str, str] = MappingProxyType(
    {
        "array_indices": "SparseIndexVector",
        "array_segments": "SparseIndexVector",
        "builtin_options": "BuiltinOptions",
        "builtin_options2": "BuiltinOptions2",
        "details": "QuantizationDetails",
    }
)

# Operators whose options table is not named after them.
_OPTIONS_TABLES: Mapping[str, str] = MappingProxyType(
    {
        "AVERAGE_POOL_2D": "Pool2DOptions",
        "CONV_3D_TRANSPOSE": "Conv3DOptions",
        "L2_NORMALIZATION": "L2NormOptions",
        "L2_POOL_2D": "Pool2DOptions",
        "MAXIMUM": "MaximumMinimumOptions",
        "MAX_POOL_2D": "Pool2DOptions",
        "MEAN": "ReducerOptions",
        "MINIMUM": "MaximumMinimumOptions",
        "REDUCE_ALL": "ReducerOptions",
        "REDUCE_ANY": "ReducerOptions",
        "REDUCE_MAX": "ReducerOptions",
        "REDUCE_MIN": "ReducerOptions",
        "REDUCE_PROD": "ReducerOptions",
        "SUM": "ReducerOptions",
        "UNIDIRECTIONAL_SEQUENCE_RNN": "SequenceRNNOptions",
    }
)

_ACCESSOR_SUFFIXES = ("AsNumpy", "Length", "IsNone")


@dataclass(frozen=True)
class Field:
    """One field of a table.

    Attributes
    ----------
    name
        The schema's snake_case name.
    slot
        Position in the table's vtable, from 0.
    kind
        NumPy's name of a number's type ("int8", "float32", "bool", ...), "string", "table" or
        "union".
    is_vector
        Whether the field holds a vector of `kind`.
    default
        Value of a number that the file leaves out.
    table
        The schema's name of the table that a "table" is.
    """

    name: str
    slot: int
    kind: str
    is_vector: bool
    default: int | float | bool
    table: str | None = None


class _Recorder:
    """Stands in for `flatbuffers.table.Table` and notes what a generated accessor asks first.

    First, because `OperatorCode.BuiltinCode` of the wheel looks at another field afterwards.
    """

    Pos = 0
    Bytes = b""

    def __init__(self, *, present: bool) -> None:
        self._present = present
        self.slot = -1
        self.kind = ""
        self.is_vector = False

    def Offset(self, vtable_offset: int) -> int:  # noqa: N802
        if self.slot < 0:
            self.slot = (vtable_offset - 4) // 2
        return vtable_offset if self._present else 0

    def Get(self, flags: Any, _position: int) -> int:  # noqa: N802
        self.kind = self.kind or flags.__name__.removesuffix("Flags").lower()
        return 0

    def Vector(self, _position: int) -> int:  # noqa: N802
        self.is_vector = True
        return 0

    def String(self, _position: int) -> bytes:  # noqa: N802
        self.kind = "string"
        return b""

    def Indirect(self, _position: int) -> int:  # noqa: N802
        self.kind = "table"
        return 0

    def Union(self, _table: Any, _position: int) -> None:  # noqa: N802
        self.kind = "union"


def _snake_case(name: str) -> str:
    """Return the schema's name of an accessor: "DilationWFactor" -> "dilation_w_factor"."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name).lower()


@functools.cache
def table_fields(table: str) -> Mapping[str, Field]:
    """Return the fields of a table by name, in slot order.

    Parameters
    ----------
    table
        The schema's name of the table, such as "Conv2DOptions".

    Raises
    ------
    KeyError
        If the schema has no such table.
    """
    generated = _generated_class(table)
    fields = []
    for name, accessor in vars(generated).items():
        if not inspect.isfunction(accessor) or name == "Init":
            continue
        stem = next((name.removesuffix(s) for s in _ACCESSOR_SUFFIXES if name.endswith(s)), name)
        if stem != name and hasattr(generated, stem):
            continue
        fields.append(_record(generated, name))
    return MappingProxyType({field.name: field for field in sorted(fields, key=lambda f: f.slot)})


def _record(generated: Any, name: str) -> Field:
    present, absent = _Recorder(present=True), _Recorder(present=False)
    values = []
    for recorder in (present, absent):
        instance = generated()
        instance._tab = recorder
        accessor = getattr(instance, name)
        values.append(accessor(*([0] * len(inspect.signature(accessor).parameters))))
    is_number = present.kind not in ("string", "table", "union")
    return Field(
        name=_snake_case(name),
        slot=present.slot,
        kind=present.kind,
        is_vector=present.is_vector,
        default=values[1] if is_number and not present.is_vector else 0,
        table=type(values[0]).__name__ if present.kind == "table" else None,
    )


def _generated_class(name: str) -> Any:
    try:
        return getattr(importlib.import_module(f"tflite.{name}"), name)
    except ModuleNotFoundError:
        raise KeyError(name) from None


@functools.cache
def enumeration(name: str) -> Mapping[int, str]:
    """Return the names of an enumeration or union by their numbers.

    Parameters
    ----------
    name
        The schema's name of it, such as "BuiltinOperator" or "Padding".

    Raises
    ------
    KeyError
        If the schema has no such enumeration.
    """
    members = vars(_generated_class(name)).items()
    return MappingProxyType(
        {value: member for member, value in members if isinstance(value, int)},
    )


def enumeration_of(table: str, field: str) -> Mapping[int, str] | None:
    """Return the names of a field's values, or `None` where a number is just a number."""
    name = _ENUMERATIONS.get(f"{table}.{field}", _ENUMERATIONS.get(field))
    return enumeration(name) if name else None


def union_member(field: str, number: int) -> str | None:
    """Return the table that a union field holds, `None` for none or one the schema lacks.

    Parameters
    ----------
    field
        Name of the union field.
    number
        Value of the field beside it that ends in `_type`.
    """
    member = enumeration(_UNIONS[field]).get(number)
    return None if member == "NONE" else member


def operator_name(code: int) -> str | None:
    """Return the builtin operator of a code, or `None` if the schema has none."""
    return enumeration("BuiltinOperator").get(code)


@functools.cache
def options_table(operator: str) -> str | None:
    """Return the name of an operator's options table, or `None` if it has no options.

    Parameters
    ----------
    operator
        Builtin name, such as "CONV_2D".
    """
    if operator in _OPTIONS_TABLES:
        return _OPTIONS_TABLES[operator]
    wanted = operator.replace("_", "").lower() + "options"
    names = [*enumeration("BuiltinOptions").values(), *enumeration("BuiltinOptions2").values()]
    return next((name for name in names if name.lower() == wanted), None)
