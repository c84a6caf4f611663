"""Random convolutions, fully connected layers and pools."""

from __future__ import annotations

__all__ = ["LAYERS"]

import math
from collections.abc import Callable, Mapping

import numpy as np

from firmware.model import OptionValue
from firmware.operators.quantization import output_size
from firmware.random_layers.draw import Draw

_SPREAD = 73.0  # standard deviation of random int8 numbers
_LARGEST_PRODUCT = 255 * 127


def conv_2d(draw: Draw) -> None:
    """Add a CONV_2D, one in four with groups."""
    depth, groups = draw.integer(1, 9), draw.choice((1, 1, 1, draw.integer(1, 4)))
    channels = groups * draw.integer(1, 5)
    _convolution(draw, "CONV_2D", depth=depth, groups=groups, channels=channels)


def depthwise_conv_2d(draw: Draw) -> None:
    """Add a DEPTHWISE_CONV_2D."""
    depth, multiplier = draw.integer(1, 9), draw.choice((1, 1, draw.integer(1, 4)))
    _convolution(draw, "DEPTHWISE_CONV_2D", depth=1, groups=depth, channels=depth * multiplier)


def _convolution(draw: Draw, operator: str, *, depth: int, groups: int, channels: int) -> None:
    depthwise = operator == "DEPTHWISE_CONV_2D"
    window, stride, dilation, size, padding = _geometry(draw, dilates=True)
    outputs = [
        output_size(padding, size[i], window[i], stride[i], dilation=dilation[i]) for i in (0, 1)
    ]
    batches = draw.choice((1, 1, 2, 3))
    source = draw.operand((batches, *size, depth * groups))
    weights, scales = draw.weights(
        (1, *window, channels) if depthwise else (channels, *window, depth),
        axis=3 if depthwise else 0,
    )
    terms = math.prod(window) * depth
    product = source.scale * float(np.median(scales))
    bias = draw.bias(channels, largest=_LARGEST_PRODUCT * terms // 4, scale=product)
    factor = draw.factor(0.5 / (_SPREAD * math.sqrt(terms)))
    result = draw.result((batches, *outputs, channels), scale=product / factor)
    options: dict[str, OptionValue] = {
        "padding": padding,
        "stride_h": stride[0],
        "stride_w": stride[1],
        "dilation_h_factor": dilation[0],
        "dilation_w_factor": dilation[1],
        "fused_activation_function": draw.activation(),
    }
    if depthwise:
        options["depth_multiplier"] = channels // groups
    inputs = [source.index, weights] + ([] if bias == -1 else [bias])
    draw.layer(operator, inputs, result, options)


def fully_connected(draw: Draw) -> None:
    """Add a FULLY_CONNECTED."""
    batches, depth, channels = draw.integer(1, 4), draw.integer(1, 70), draw.integer(1, 20)
    shape = draw.choice(((batches, depth), (1, batches, depth), (batches, 1, 1, depth)))
    source = draw.operand(shape)
    weights, scales = draw.weights((channels, depth), axis=0)
    product = float(np.float32(source.scale) * np.float32(np.median(scales)))
    bias = draw.bias(channels, largest=_LARGEST_PRODUCT * depth // 4, scale=product)
    factor = draw.factor(0.5 / (_SPREAD * math.sqrt(depth)))
    result = draw.result((batches, channels), scale=product / factor)
    options = {"fused_activation_function": draw.activation()}
    draw.layer("FULLY_CONNECTED", [source.index, weights, bias], result, options)


def average_pool_2d(draw: Draw) -> None:
    """Add an AVERAGE_POOL_2D."""
    _pool(draw, "AVERAGE_POOL_2D")


def max_pool_2d(draw: Draw) -> None:
    """Add a MAX_POOL_2D."""
    _pool(draw, "MAX_POOL_2D")


def _pool(draw: Draw, operator: str) -> None:
    window, stride, _, size, padding = _geometry(draw, dilates=False)
    batches, depth = draw.choice((1, 1, 2)), draw.integer(1, 9)
    outputs = [output_size(padding, size[i], window[i], stride[i]) for i in (0, 1)]
    source = draw.operand((batches, *size, depth))
    result = draw.result(
        (batches, *outputs, depth), scale=source.scale, zero_point=source.zero_point
    )
    options: dict[str, OptionValue] = {
        "padding": padding,
        "stride_h": stride[0],
        "stride_w": stride[1],
        "filter_height": window[0],
        "filter_width": window[1],
        "fused_activation_function": draw.activation(),
    }
    draw.layer(operator, [source.index], result, options)


def transpose_conv(draw: Draw) -> None:
    """Add a TRANSPOSE_CONV."""
    window, stride, _, size, padding = _geometry(draw, dilates=False)
    # `size` is the output's here: the layer undoes a convolution.
    sources = [output_size(padding, size[i], window[i], stride[i]) for i in (0, 1)]
    batches, depth, channels = draw.choice((1, 1, 2)), draw.integer(1, 6), draw.integer(1, 6)
    source = draw.operand((batches, *sources, depth))
    weights, scales = draw.weights((channels, *window, depth), axis=0)
    terms = math.prod(window) * depth
    product = source.scale * float(np.median(scales))
    bias = draw.bias(channels, largest=_LARGEST_PRODUCT * terms // 4, scale=product)
    factor = draw.factor(0.5 / (_SPREAD * math.sqrt(terms)))
    shape = (batches, *size, channels)
    result = draw.result(shape, scale=product / factor)
    options: dict[str, OptionValue] = {
        "padding": padding,
        "stride_h": stride[0],
        "stride_w": stride[1],
        "fused_activation_function": draw.activation(),
    }
    inputs = [draw.integers(*shape), weights, source.index] + ([] if bias == -1 else [bias])
    draw.layer("TRANSPOSE_CONV", inputs, result, options)


_Pair = tuple[int, int]


def _geometry(draw: Draw, *, dilates: bool) -> tuple[_Pair, _Pair, _Pair, _Pair, str]:
    """Return window, stride, dilation, input size and padding that go together."""
    padding = draw.choice(("SAME", "VALID"))
    window = (draw.integer(1, 5), draw.integer(1, 5))
    stride = (draw.integer(1, 3), draw.integer(1, 3))
    dilation = (draw.integer(1, 3), draw.integer(1, 3)) if dilates and draw.chance(0.3) else (1, 1)
    smallest = [(window[i] - 1) * dilation[i] + 1 if padding == "VALID" else 1 for i in (0, 1)]
    size = (smallest[0] + draw.integer(0, 7), smallest[1] + draw.integer(0, 7))
    return window, stride, dilation, size, padding


LAYERS: Mapping[str, Callable[[Draw], None]] = {
    "AVERAGE_POOL_2D": average_pool_2d,
    "CONV_2D": conv_2d,
    "DEPTHWISE_CONV_2D": depthwise_conv_2d,
    "FULLY_CONNECTED": fully_connected,
    "MAX_POOL_2D": max_pool_2d,
    "TRANSPOSE_CONV": transpose_conv,
}
