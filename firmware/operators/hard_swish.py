"""HARD_SWISH: int8."""

from __future__ import annotations

__all__ = ["OPERATOR"]

from firmware.operators.base import Operator, PreparedLayer
from firmware.operators.quantization import float32_product, float32_quotient
from firmware.operators.unary import data_fields, unary_operands
from firmware.operators.view import LayerView

_REAL_THREE_SCALE = 3.0 / 32768.0
_MAX_EXPONENT = 15  # of 16-bit numbers


def _prepare(view: LayerView) -> PreparedLayer:
    source, result = unary_operands(view)
    high_resolution_scale = float32_product(1 / 128, source.scale)
    output, output_shift = view.multiplier(float32_quotient(high_resolution_scale, result.scale))
    if not -_MAX_EXPONENT <= output_shift <= 0:
        raise result.error(f"has scale {result.scale}, which does not suit the input's")
    three, three_shift = view.multiplier(float32_quotient(high_resolution_scale, _REAL_THREE_SCALE))
    if not -_MAX_EXPONENT <= three_shift <= _MAX_EXPONENT:
        raise source.error(f"has scale {source.scale}, which is out of range")
    return view.prepared(
        {
            "params.input_zero_point": source.zero_point,
            "params.output_zero_point": result.zero_point,
            "params.reluish_multiplier_fixedpoint_int16": _to_int16(three),
            "params.reluish_multiplier_exponent": three_shift,
            "params.output_multiplier_fixedpoint_int16": _to_int16(output),
            "params.output_multiplier_exponent": output_shift,
            **data_fields(source, result),
        }
    )


def _to_int16(mantissa: int) -> int:
    """Round a 32-bit mantissa to 16 bits."""
    return min((mantissa + (1 << 15)) >> 16, 32767)


OPERATOR = Operator("HARD_SWISH", kernel="hard_swish", struct="HardSwishLayer", prepare=_prepare)
