"""Layers that are large for an array engine: of several tiles, blocks of channels and tables."""

from __future__ import annotations

__all__ = ["WINDOW_OPERATORS", "large_sum", "window_layer"]

import math

import numpy as np

from firmware.model import OptionValue
from firmware.operators.quantization import output_size
from firmware.random_layers.draw import Draw

WINDOW_OPERATORS = ("CONV_2D", "DEPTHWISE_CONV_2D", "AVERAGE_POOL_2D")


def window_layer(draw: Draw, operator: str) -> None:
    """Add a layer of more channels than random layers have, most of them in fours."""
    is_pool, is_dense = operator == "AVERAGE_POOL_2D", operator == "CONV_2D"
    depth = 4 * draw.integer(1, 9) + (draw.integer(0, 3) if is_dense else 0)
    channels = draw.integer(1, 40) if is_dense else depth
    window, stride = ((draw.integer(1, 3), draw.integer(1, 3)) for _ in range(2))
    dilation = (draw.integer(1, 2), draw.integer(1, 2)) if not is_pool else (1, 1)
    padding = draw.choice(("SAME", "VALID"))
    size = [(window[i] - 1) * dilation[i] + draw.integer(1, 11) for i in (0, 1)]
    outputs = [
        output_size(padding, size[i], window[i], stride[i], dilation=dilation[i]) for i in (0, 1)
    ]
    batches = draw.choice((1, 1, 2))
    source = draw.operand((batches, *size, depth))
    operands, scale = [source.index], source.scale
    options: dict[str, OptionValue] = {
        "padding": padding,
        "stride_h": stride[0],
        "stride_w": stride[1],
        "fused_activation_function": draw.activation(),
    }
    if is_pool:
        options |= {"filter_height": window[0], "filter_width": window[1]}
    else:
        filters = (channels, *window, depth) if is_dense else (1, *window, channels)
        weights, scales = draw.weights(filters, axis=0 if is_dense else 3)
        product = source.scale * float(np.median(scales))
        terms = math.prod(window) * (depth if is_dense else 1)
        bias = draw.bias(channels, largest=1000 * terms, scale=product)
        operands += [weights] if bias == -1 else [weights, bias]
        scale = product * 150 * math.sqrt(terms) / draw.factor(1)
        options |= {"dilation_h_factor": dilation[0], "dilation_w_factor": dilation[1]}
    if operator == "DEPTHWISE_CONV_2D":
        options |= {"depth_multiplier": 1}
    shape = (batches, *outputs, channels)
    result = draw.result(shape, scale=scale, zero_point=source.zero_point)
    draw.layer(operator, operands, result, options)


def large_sum(draw: Draw) -> None:
    """Add an ADD of enough elements for tables."""
    shape = (draw.integer(512, 6000),)
    a, b = draw.operand(shape), draw.operand(shape)
    result = draw.result(shape, scale=draw.factor(max(a.scale, b.scale)) + a.scale / 1000)
    options = {"fused_activation_function": draw.activation()}
    draw.layer("ADD", [a.index, b.index], result, options)
