"""MUL: int8, broadcasting."""

from __future__ import annotations

__all__ = ["OPERATOR"]

from firmware.operators.base import Operator, PreparedLayer
from firmware.operators.elementwise import broadcast_operands
from firmware.operators.view import LayerView


def _prepare(view: LayerView) -> PreparedLayer:
    left, right, result, fields = broadcast_operands(view, "int8")
    mantissa, shift = view.multiplier(left.scale * right.scale / result.scale)
    return view.prepared(
        {
            "params.input1_offset": -left.zero_point,
            "params.input2_offset": -right.zero_point,
            "params.output_offset": result.zero_point,
            "params.output_multiplier": mantissa,
            "params.output_shift": shift,
            **view.activation_fields(result),
            **fields,
        },
        macs=result.tensor.elements,
    )


OPERATOR = Operator("MUL", kernel="mul", struct="MulLayer", prepare=_prepare)
