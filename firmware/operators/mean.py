"""MEAN: int8, over any constant axes."""

from __future__ import annotations

__all__ = ["OPERATOR"]

from firmware.operators.base import Operator, PreparedLayer, Scratch, Value
from firmware.operators.unary import data_fields
from firmware.operators.view import LayerView

_MAX_RANK = 5
_BYTES_OF_SUM = 4


def _prepare(view: LayerView) -> PreparedLayer:
    view.operands(inputs=2)
    source = view.input(0).of("int8").ranked(1, _MAX_RANK)
    axis_operand = view.input(1, "axis").of("int32")
    result = view.output().of("int8")
    rank = len(source.shape)
    given = axis_operand.integers()
    if not all(-rank <= axis < rank for axis in given):
        raise axis_operand.error(f"is {list(given)}, but the input has {rank} dimensions")
    axes = sorted({axis % rank for axis in given})
    keep_dims = view.flag("keep_dims")
    kept = [1 if axis in axes else size for axis, size in enumerate(source.shape)]
    result.shaped(tuple(size for axis, size in enumerate(kept) if keep_dims or axis not in axes))
    mantissa, shift = view.multiplier(source.scale / result.scale)
    fields: dict[str, Value] = {
        "multiplier": mantissa,
        "shift": shift,
        "input_zero_point": source.zero_point,
        "output_zero_point": result.zero_point,
        "axis_count": len(axes),
        "keep_dims": keep_dims,
        **data_fields(source, result),
        "scratch_buffer": Scratch("int32_t"),
    }
    for position, axis in enumerate(axes):
        fields[f"axis[{position}]"] = axis
    return view.prepared(fields, scratch_bytes=_BYTES_OF_SUM * result.tensor.elements)


OPERATOR = Operator("MEAN", kernel="mean", struct="MeanLayer", prepare=_prepare)
