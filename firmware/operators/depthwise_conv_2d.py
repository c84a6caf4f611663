"""DEPTHWISE_CONV_2D: int8, with dilation, and one scale or one for each output channel."""

from __future__ import annotations

__all__ = ["OPERATOR"]

import math

from firmware.operators.base import Operator, PreparedLayer
from firmware.operators.view import LayerView
from firmware.operators.windows import convolution_fields, window_fields


def _prepare(view: LayerView) -> PreparedLayer:
    view.operands(inputs=(2, 3))
    source = view.input(0).of("int8").ranked(4)
    weights = view.input(1, "filter").of("int8").ranked(4)
    bias = view.optional_input(2, "bias")
    result = view.output().of("int8").ranked(4)
    dilation = (view.integer("dilation_h_factor"), view.integer("dilation_w_factor"))
    depth_multiplier = view.integer("depth_multiplier")
    _, height, width, channels = weights.shape
    weights.shaped((1, height, width, source.shape[3] * depth_multiplier))
    result.shaped((*result.shape[:3], channels))
    fields = {
        **window_fields(
            view, source=source, result=result, window=(height, width), dilation=dilation
        ),
        "params.dilation_width_factor": dilation[1],
        "params.dilation_height_factor": dilation[0],
        "params.depth_multiplier": depth_multiplier,
        **convolution_fields(
            view, source=source, weights=weights, bias=bias, result=result, channel_axis=3
        ),
    }
    return view.prepared(fields, macs=math.prod(result.shape) * height * width)


OPERATOR = Operator(
    "DEPTHWISE_CONV_2D", kernel="depthwise_conv_2d", struct="DepthwiseConv2DLayer", prepare=_prepare
)
