"""TRANSPOSE_CONV: int8, with one scale or one for each output channel."""

from __future__ import annotations

__all__ = ["OPERATOR"]

import math

from firmware.operators.base import Operator, PreparedLayer, Scratch
from firmware.operators.view import LayerView
from firmware.operators.windows import convolution_fields, window_fields

_BYTES_OF_SUM = 4


def _prepare(view: LayerView) -> PreparedLayer:
    view.operands(inputs=(3, 4))
    weights = view.input(1, "filter").of("int8").ranked(4)
    source = view.input(2).of("int8").ranked(4)
    bias = view.optional_input(3, "bias")
    result = view.output().of("int8").ranked(4)
    channels, height, width, depth = weights.shape
    source.shaped((*source.shape[:3], depth))
    result.shaped((source.shape[0], *result.shape[1:3], channels))
    shape = view.input(0, "output shape").of("int32").shaped((4,))
    if shape.tensor.is_constant and shape.integers() != result.shape:
        raise shape.error(f"is {list(shape.integers())}, but the output's is {list(result.shape)}")
    fields = {
        # The convolution that this one undoes leads from the output to the input.
        **window_fields(view, source=result, result=source, window=(height, width)),
        "params.dilation_width_factor": 1,
        "params.dilation_height_factor": 1,
        **convolution_fields(
            view, source=source, weights=weights, bias=bias, result=result, channel_axis=0
        ),
        "scratch_buffer": Scratch("int32_t"),
    }
    return view.prepared(
        fields,
        scratch_bytes=_BYTES_OF_SUM * result.tensor.elements,
        macs=math.prod(source.shape) * height * width * channels,
    )


OPERATOR = Operator(
    "TRANSPOSE_CONV", kernel="transpose_conv", struct="TransposeConvLayer", prepare=_prepare
)
