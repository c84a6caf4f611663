"""Random layers that compute element by element."""

from __future__ import annotations

__all__ = ["LAYERS"]

import functools
from collections.abc import Callable, Mapping

from firmware.random_layers.draw import Draw


def _shapes(draw: Draw, highest_rank: int) -> tuple[tuple[int, ...], ...]:
    """Return shapes of two inputs that broadcast, and of their output."""
    whole = draw.shape(1, highest_rank, largest=5)
    shapes = [whole, whole]
    if draw.chance(0.6):
        for which in (0, 1):
            shape = tuple(1 if draw.chance(0.3) else size for size in shapes[which])
            shapes[which] = shape[draw.integer(0, len(shape)) if draw.chance(0.3) else 0 :]
    whole = tuple(
        max(shape[-position] if position <= len(shape) else 1 for shape in shapes)
        for position in range(max(map(len, shapes)), 0, -1)
    )
    return shapes[0], shapes[1], whole


def _sum(draw: Draw, operator: str) -> None:
    left_shape, right_shape, shape = _shapes(draw, 4)
    left = draw.operand(left_shape, constant=0.1)
    right = draw.operand(right_shape, scale=left.scale * draw.power(-6, 6), constant=0.2)
    scale = max(left.scale, right.scale) * draw.power(-2, 4)
    options = {"fused_activation_function": draw.activation()}
    draw.layer(operator, [left.index, right.index], draw.result(shape, scale=scale), options)


def _mul(draw: Draw) -> None:
    left_shape, right_shape, shape = _shapes(draw, 4)
    left = draw.operand(left_shape, constant=0.1)
    right = draw.operand(right_shape, constant=0.2)
    result = draw.result(shape, scale=left.scale * right.scale / draw.factor(1 / 150))
    options = {"fused_activation_function": draw.activation()}
    draw.layer("MUL", [left.index, right.index], result, options)


def _extremum(draw: Draw, operator: str) -> None:
    left_shape, right_shape, shape = _shapes(draw, 4)
    left = draw.operand(left_shape, constant=0.1)
    right = draw.operand(right_shape, scale=left.scale, zero_point=left.zero_point, constant=0.2)
    result = draw.result(shape, scale=left.scale, zero_point=left.zero_point)
    draw.layer(operator, [left.index, right.index], result)


def _relu(draw: Draw) -> None:
    source = draw.operand(draw.shape(1, 4))
    result = draw.result(source.shape, scale=source.scale / draw.factor(1))
    draw.layer("RELU", [source.index], result)


def _relu6(draw: Draw) -> None:
    source = draw.operand(draw.shape(1, 4))
    result = draw.result(source.shape, scale=source.scale, zero_point=source.zero_point)
    draw.layer("RELU6", [source.index], result)


def _leaky_relu(draw: Draw) -> None:
    source = draw.operand(draw.shape(1, 4))
    result = draw.result(source.shape, scale=source.scale / draw.factor(1))
    alpha = draw.choice((0.0, 0.1, draw.real(0, 1), draw.real(-1, 2)))
    draw.layer("LEAKY_RELU", [source.index], result, {"alpha": alpha})


def _logistic(draw: Draw) -> None:
    source = draw.operand(draw.shape(1, 4), scale=draw.power(-10, 3))
    result = draw.result(source.shape, scale=1 / 256, zero_point=-128)
    draw.layer("LOGISTIC", [source.index], result)


def _tanh(draw: Draw) -> None:
    source = draw.operand(draw.shape(1, 4), scale=draw.power(-10, 3))
    result = draw.result(source.shape, scale=1 / 128, zero_point=0)
    draw.layer("TANH", [source.index], result)


def _hard_swish(draw: Draw) -> None:
    source = draw.operand(draw.shape(1, 4), scale=draw.power(-8, -3))
    result = draw.result(source.shape, scale=source.scale * draw.power(-3, 2))
    draw.layer("HARD_SWISH", [source.index], result)


def _softmax(draw: Draw) -> None:
    shape = (*draw.shape(0, 3, largest=3), draw.integer(1, 60))
    source = draw.operand(shape, scale=draw.power(-8, 1))
    if draw.chance(0.3):
        result = draw.result(shape, scale=1 / 65536, zero_point=-32768, dtype="int16")
    else:
        result = draw.result(shape, scale=1 / 256, zero_point=-128)
    draw.layer("SOFTMAX", [source.index], result, {"beta": draw.choice((1.0, draw.real(0.1, 4)))})


def _quantize(draw: Draw) -> None:
    shape = draw.shape(1, 4)
    if draw.chance(0.5):
        source = draw.operand(shape)
        scale = source.scale / draw.factor(1)
        draw.layer("QUANTIZE", [source.index], draw.result(shape, scale=scale))
    else:
        scale = draw.power(-9, 2)
        value = draw.normal(shape, spread=scale * draw.power(2, 8))
        draw.layer("QUANTIZE", [draw.float_operand(value)], draw.result(shape, scale=scale))


def _dequantize(draw: Draw) -> None:
    source = draw.operand(draw.shape(1, 4), scale=draw.power(-20, 10))
    result = draw.result(source.shape, scale=1.0, zero_point=0, dtype="float32")
    draw.layer("DEQUANTIZE", [source.index], result)


LAYERS: Mapping[str, Callable[[Draw], None]] = {
    "ADD": functools.partial(_sum, operator="ADD"),
    "DEQUANTIZE": _dequantize,
    "HARD_SWISH": _hard_swish,
    "LEAKY_RELU": _leaky_relu,
    "LOGISTIC": _logistic,
    "MAXIMUM": functools.partial(_extremum, operator="MAXIMUM"),
    "MINIMUM": functools.partial(_extremum, operator="MINIMUM"),
    "MUL": _mul,
    "QUANTIZE": _quantize,
    "RELU": _relu,
    "RELU6": _relu6,
    "SOFTMAX": _softmax,
    "SUB": functools.partial(_sum, operator="SUB"),
    "TANH": _tanh,
}
