"""CONV_2D: int8, with dilation, groups, and one scale or one for each output channel."""

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
    channels, height, width, depth = weights.shape
    groups = source.shape[3] // depth
    if source.shape[3] % depth or channels % groups:
        raise weights.error(
            f"has shape {list(weights.shape)}, which does not divide the {source.shape[3]} input "
            "channels into groups"
        )
    result.shaped((*result.shape[:3], channels))
    fields = {
        **window_fields(
            view, source=source, result=result, window=(height, width), dilation=dilation
        ),
        "params.dilation_width_factor": dilation[1],
        "params.dilation_height_factor": dilation[0],
        **convolution_fields(
            view, source=source, weights=weights, bias=bias, result=result, channel_axis=0
        ),
    }
    return view.prepared(fields, macs=math.prod(result.shape) * height * width * depth)


OPERATOR = Operator("CONV_2D", kernel="conv_2d", struct="Conv2DLayer", prepare=_prepare)
