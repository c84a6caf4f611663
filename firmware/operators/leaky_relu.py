"""LEAKY_RELU: int8."""

from __future__ import annotations

__all__ = ["OPERATOR"]

from firmware.operators.base import Operator, PreparedLayer
from firmware.operators.quantization import float32_product, float32_quotient
from firmware.operators.unary import data_fields, unary_operands
from firmware.operators.view import LayerView


def _prepare(view: LayerView) -> PreparedLayer:
    source, result = unary_operands(view)
    alpha = view.real("alpha", 0.0)
    slope = float32_quotient(float32_product(source.scale, abs(alpha)), result.scale)
    mantissa, shift = view.multiplier(slope)
    identity, identity_shift = view.multiplier(float32_quotient(source.scale, result.scale))
    return view.prepared(
        {
            "params.input_offset": source.zero_point,
            "params.output_offset": result.zero_point,
            "params.output_multiplier_alpha": mantissa if alpha >= 0 else -mantissa,
            "params.output_shift_alpha": shift,
            "params.output_multiplier_identity": identity,
            "params.output_shift_identity": identity_shift,
            **data_fields(source, result),
        }
    )


OPERATOR = Operator("LEAKY_RELU", kernel="leaky_relu", struct="LeakyReluLayer", prepare=_prepare)
