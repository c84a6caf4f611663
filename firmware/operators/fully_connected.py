"""FULLY_CONNECTED: int8, with one scale or one for each output channel."""

from __future__ import annotations

__all__ = ["OPERATOR"]

import math

from firmware.operators.base import ConstArray, Operator, PreparedLayer, Shape, Value
from firmware.operators.quantization import float32_product
from firmware.operators.view import LayerView, Operand
from firmware.operators.windows import bias_fields

_LARGEST_BIAS_MISMATCH = 0.02


def _prepare(view: LayerView) -> PreparedLayer:
    view.operands(inputs=(2, 3))
    source = view.input(0).of("int8")
    weights = view.input(1, "filter").of("int8").ranked(2)
    bias = view.optional_input(2, "bias")
    result = view.output().of("int8").ranked(1, 6)
    view.choice("weights_format", ("DEFAULT",), "DEFAULT")
    channels, depth = weights.shape
    batches, rest = divmod(source.tensor.elements, depth)
    if rest or math.prod(result.shape) != batches * channels or result.shape[-1] != channels:
        raise view.error(
            f"{source.role} of shape {list(source.shape)}, filter of shape {list(weights.shape)} "
            f"and output of shape {list(result.shape)} do not fit together"
        )
    fields = {
        "params.input_offset": -source.zero_point,
        "params.weights_offset": 0,
        "params.output_offset": result.zero_point,
        **_multipliers(view, source, weights, bias, result),
        **view.activation_fields(result),
        "input_shape": source.runtime_shape,
        "input_data": source.data,
        "filter_shape": weights.runtime_shape,
        "filter_data": weights.data,
        **bias_fields(bias, channels),
        "output_shape": Shape((batches, channels)),
        "output_data": result.data,
    }
    return view.prepared(fields, macs=batches * channels * depth)


def _multipliers(
    view: LayerView, source: Operand, weights: Operand, bias: Operand | None, result: Operand
) -> dict[str, Value]:
    scales = weights.symmetric_scales(axis=0)
    if len(scales) > 1:
        pairs = [view.multiplier(source.scale * scale / result.scale) for scale in scales]
        return {
            "output_multiplier": ConstArray("int32_t", tuple(mantissa for mantissa, _ in pairs)),
            "output_shift": ConstArray("int32_t", tuple(shift for _, shift in pairs)),
        }
    if bias is not None:
        # TFLM refuses a bias whose scale is not that of the products it is added to.
        mismatch = abs(source.scale * scales[0] - bias.scale) / result.scale
        if mismatch > _LARGEST_BIAS_MISMATCH:
            raise bias.error("has a scale that is not the product of the input's and the filter's")
    # TFLM multiplies these two scales in float32, other than for a convolution.
    mantissa, shift = view.multiplier(float32_product(source.scale, scales[0]) / result.scale)
    return {
        "params.output_multiplier": mantissa,
        "params.output_shift": shift,
        "output_multiplier": None,
        "output_shift": None,
    }


OPERATOR = Operator(
    "FULLY_CONNECTED", kernel="fully_connected", struct="FullyConnectedLayer", prepare=_prepare
)
