"""The arithmetic TensorFlow Lite Micro does once, when it prepares a quantized operator.

Results agree with TFLM to the last bit, so each step keeps TFLM's width: float32 where it computes
in float, double where it computes in double.
"""

from __future__ import annotations

__all__ = [
    "ACTIVATIONS",
    "activation_range",
    "float32_product",
    "float32_quotient",
    "output_size",
    "padding_before",
    "quantize_multiplier",
    "round_half_away",
    "sigmoid_scaling",
    "softmax_scaling",
]

import math

import numpy as np

ACTIVATIONS = ("NONE", "RELU", "RELU_N1_TO_1", "RELU6")
"""Fused activation functions that have an output range."""

_LIMITS: dict[str, tuple[float | None, float | None]] = {
    "NONE": (None, None),
    "RELU": (0.0, None),
    "RELU_N1_TO_1": (-1.0, 1.0),
    "RELU6": (0.0, 6.0),
}
_SMALLEST_SHIFT = -31


def round_half_away(value: float) -> int:
    """Round to the nearest integer, ties away from zero, as C's `round` does.

    `value` is a float32 or a double of magnitude below 2**52.
    """
    magnitude = math.floor(abs(value) + 0.5)
    # The sum above rounds up when `value` is the largest double below one half.
    if magnitude - abs(value) > 0.5:
        magnitude -= 1
    return int(math.copysign(magnitude, value))


def float32_product(*factors: float) -> float:
    """Multiply in float32, from left to right."""
    product = np.float32(factors[0])
    for factor in factors[1:]:
        product = np.float32(product * np.float32(factor))
    return float(product)


def float32_quotient(dividend: float, divisor: float) -> float:
    """Divide in float32."""
    return float(np.float32(dividend) / np.float32(divisor))


def quantize_multiplier(real: float) -> tuple[int, int]:
    """Write a multiplier as `mantissa * 2**(shift - 31)`.

    Parameters
    ----------
    real
        Finite; below zero, the mantissa is too.

    Returns
    -------
    mantissa, shift
        the mantissa's magnitude is 0 or in [2**30, 2**31); both are 0 when that of
        `real` is below 2**-32.
    """
    if real == 0.0:
        return 0, 0
    fraction, shift = math.frexp(real)
    mantissa = round_half_away(fraction * 2.0**31)
    if mantissa == 1 << 31:
        mantissa >>= 1
        shift += 1
    if shift < _SMALLEST_SHIFT:
        return 0, 0
    return mantissa, shift


def activation_range(
    activation: str, scale: float, zero_point: int, *, dtype: str = "int8"
) -> tuple[int, int]:
    """Return the smallest and largest quantized value a fused activation lets through.

    Parameters
    ----------
    activation
        One of `ACTIVATIONS`.
    scale, zero_point
        Quantization of the operator's output.

    Raises
    ------
    OverflowError
        When a limit of the activation does not fit in 32 bits at this scale.
    """
    limits = np.iinfo(dtype)
    low, high = _LIMITS[activation]
    minimum = (
        int(limits.min) if low is None else max(int(limits.min), _quantize(low, scale, zero_point))
    )
    maximum = (
        int(limits.max)
        if high is None
        else min(int(limits.max), _quantize(high, scale, zero_point))
    )
    return minimum, maximum


def _quantize(real: float, scale: float, zero_point: int) -> int:
    quotient = float(np.divide(np.float32(real), np.float32(scale)))
    if not abs(quotient) < 2.0**31:
        raise OverflowError(f"{real} / {scale} does not fit in 32 bits")
    return zero_point + round_half_away(quotient)


def output_size(padding: str, size: int, window: int, stride: int, *, dilation: int = 1) -> int:
    """Return how many places a window has along a dimension; zero or less when it does not fit."""
    if padding == "SAME":
        return -(-size // stride)
    return (size + stride - _extent(window, dilation)) // stride


def padding_before(
    size: int, window: int, stride: int, outputs: int, *, dilation: int = 1
) -> tuple[int, int]:
    """Return the padding in front of a dimension, and how much more there is behind it (0 or 1)."""
    total = max((outputs - 1) * stride + _extent(window, dilation) - size, 0)
    return total // 2, total % 2


def _extent(window: int, dilation: int) -> int:
    return (window - 1) * dilation + 1


def softmax_scaling(beta: float, scale: float, *, integer_bits: int = 5) -> tuple[int, int, int]:
    """Return the scaling of a softmax's input differences to Q(integer_bits).(31-integer_bits).

    Returns
    -------
    multiplier, left_shift, diff_min
        Differences below `diff_min` contribute nothing.

    Raises
    ------
    ValueError
        When the scale is too small for a multiplier above one.
    """
    real = min(beta * scale * (1 << (31 - integer_bits)), (1 << 31) - 1.0)
    if not real > 1.0:
        raise ValueError("the input's scale is too small")
    multiplier, left_shift = quantize_multiplier(real)
    radius = ((1 << integer_bits) - 1) * (1 << (31 - integer_bits)) / (1 << left_shift)
    return multiplier, left_shift, -math.floor(radius)


def sigmoid_scaling(scale: float, *, integer_bits: int = 4) -> tuple[int, int, int]:
    """Return the scaling of the logistic function's or tanh's input to Q(integer_bits).

    Returns
    -------
    multiplier, left_shift, input_range_radius
        Inputs as far from zero as the radius saturate the output.

    Raises
    ------
    ValueError
        When the scale is outside of what 64-bit shifts can handle.
    """
    fraction, left_shift = math.frexp(scale * (1 << (31 - integer_bits)))
    if not 0 <= left_shift < 63:
        raise ValueError("the input's scale is out of range")
    radius = ((1 << integer_bits) - 1) * (1 << (31 - integer_bits)) / (1 << left_shift)
    return round_half_away(fraction * 2.0**31), left_shift, math.floor(radius)
