"""SOFTMAX: int8 to int8 or int16, along the last dimension."""

from __future__ import annotations

__all__ = ["OPERATOR"]

from firmware.operators.base import Operator, PreparedLayer
from firmware.operators.quantization import softmax_scaling
from firmware.operators.view import LayerView

_OUTPUT_QUANTIZATION = {"int8": (1 / 256, -128, 0.0), "int16": (1 / 65536, -32768, 0.001)}
_MAX_DEPTH = 4096  # More terms of the sum than that could overflow its 12 integer bits.


def _prepare(view: LayerView) -> PreparedLayer:
    view.operands(inputs=1)
    source = view.input(0).of("int8").ranked(1, 6)
    result = view.output().of("int8", "int16").shaped(source.shape)
    scale, zero_point, tolerance = _OUTPUT_QUANTIZATION[result.dtype]
    if result.zero_point != zero_point or abs(result.scale - scale) > tolerance * scale:
        raise result.error(
            f"has scale {result.scale} and zero point {result.zero_point}; "
            f"{scale} and {zero_point} are supported"
        )
    if source.shape[-1] >= _MAX_DEPTH:
        raise source.error(
            f"has shape {list(source.shape)}; a last dimension below {_MAX_DEPTH} is supported"
        )
    beta = view.real("beta", 1.0)
    try:
        multiplier, left_shift, diff_min = softmax_scaling(beta, source.scale)
    except ValueError:
        raise source.error(f"has too small a scale for beta {beta}") from None
    return view.prepared(
        {
            "params.input_multiplier": multiplier,
            "params.input_left_shift": left_shift,
            "params.diff_min": diff_min,
            "input_shape": source.runtime_shape,
            "input_data": source.data,
            "output_shape": result.runtime_shape,
            "output_data": result.data if result.dtype == "int8" else None,
            "output_data_int16": result.data if result.dtype == "int16" else None,
        }
    )


OPERATOR = Operator("SOFTMAX", kernel="softmax", struct="SoftmaxLayer", prepare=_prepare)
