"""RELU: int8, with a rescaling."""

from __future__ import annotations

__all__ = ["OPERATOR"]

from firmware.operators.base import Operator, PreparedLayer
from firmware.operators.unary import data_fields, unary_operands
from firmware.operators.view import LayerView


def _prepare(view: LayerView) -> PreparedLayer:
    source, result = unary_operands(view)
    mantissa, shift = view.multiplier(source.scale / result.scale)
    return view.prepared(
        {
            "params.quantized_activation_min": result.zero_point,
            "params.quantized_activation_max": 127,
            "params.input_offset": source.zero_point,
            "params.output_offset": result.zero_point,
            "params.output_multiplier": mantissa,
            "params.output_shift": shift,
            **data_fields(source, result),
        }
    )


OPERATOR = Operator("RELU", kernel="relu", struct="ReluLayer", prepare=_prepare)
