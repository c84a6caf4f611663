"""What element by element operators of two inputs share."""

from __future__ import annotations

__all__ = ["broadcast_operands", "prepare_sum"]

import itertools
import operator

from firmware.operators.base import PreparedLayer, Value
from firmware.operators.quantization import float32_quotient
from firmware.operators.view import LayerView, Operand

_LEFT_SHIFT = 20


def broadcast_operands(
    view: LayerView, *dtypes: str
) -> tuple[Operand, Operand, Operand, dict[str, Value]]:
    """Return both inputs, the output and the members that describe them.

    The inputs broadcast as NumPy's do; the output's shape is checked against theirs.
    """
    view.operands(inputs=2)
    left = view.input(0, "input 1").of(*dtypes)
    right = view.input(1, "input 2").of(left.dtype)
    result = view.output().of(left.dtype)
    dims = []
    for a, b in itertools.zip_longest(left.shape[::-1], right.shape[::-1], fillvalue=1):
        if a != b and 1 not in (a, b):
            raise view.error(
                f"shapes {list(left.shape)} and {list(right.shape)} do not broadcast to one"
            )
        dims.append(max(a, b))
    result.shaped(tuple(dims[::-1]))
    rank = len(dims)
    extended = [(1,) * (rank - len(shape)) + shape for shape in (left.shape, right.shape)]
    fields: dict[str, Value] = {
        "requires_broadcast": extended[0] != extended[1],
        "input1_shape": left.runtime_shape,
        "input1_data": left.data,
        "input2_shape": right.runtime_shape,
        "input2_data": right.data,
        "output_shape": result.runtime_shape,
        "output_data": result.data,
    }
    return left, right, result, fields


def prepare_sum(view: LayerView, *, single_precision: bool) -> PreparedLayer:
    """Prepare ADD or SUB, whose inputs are first brought to twice the larger of their scales.

    Parameters
    ----------
    single_precision
        Whether the scales are divided in float32, not in double.
    """
    left, right, result, fields = broadcast_operands(view, "int8")
    common = 2 * max(left.scale, right.scale)
    divide = float32_quotient if single_precision else operator.truediv
    factors = {
        "input1": divide(left.scale, common),
        "input2": divide(right.scale, common),
        "output": divide(common, (1 << _LEFT_SHIFT) * result.scale),
    }
    if not 0 < factors["output"] < 1:
        raise result.error(f"has scale {result.scale}, which is too small for its inputs'")
    rescaling: dict[str, Value] = {}
    for name, factor in factors.items():
        mantissa, shift = view.multiplier(factor)
        if shift > 0:
            raise view.error(f"rescales by {factor}; less than 1 is supported")
        rescaling[f"params.{name}_multiplier"] = mantissa
        rescaling[f"params.{name}_shift"] = shift
    return view.prepared(
        {
            "params.input1_offset": -left.zero_point,
            "params.input2_offset": -right.zero_point,
            "params.output_offset": result.zero_point,
            "params.left_shift": _LEFT_SHIFT,
            **rescaling,
            **view.activation_fields(result),
            **fields,
        }
    )
