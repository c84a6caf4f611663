from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware.operators.quantization import (
    activation_range,
    float32_product,
    float32_quotient,
    output_size,
    padding_before,
    quantize_multiplier,
    round_half_away,
    sigmoid_scaling,
    softmax_scaling,
)


@given(st.floats(min_value=2.0**-31, max_value=2.0**30))
def test_quantized_multiplier_is_the_closest_one(real: float) -> None:
    mantissa, shift = quantize_multiplier(real)
    assert 1 << 30 <= mantissa < 1 << 31
    error = Fraction(real) - Fraction(mantissa) * Fraction(2) ** (shift - 31)
    assert abs(error) <= Fraction(2) ** (shift - 32)


@pytest.mark.parametrize(
    ("real", "quantized"),
    [
        (0.0, (0, 0)),
        (1.0, (1 << 30, 1)),
        (0.5, (1 << 30, 0)),
        (1 - 2.0**-40, (1 << 30, 1)),  # rounds up into the next power of two
        (2.0**-32, (1 << 30, -31)),
        (2.0**-33, (0, 0)),
        (-0.75, (-3 << 29, 0)),
    ],
)
def test_quantized_multiplier_at_the_limits(real: float, quantized: tuple[int, int]) -> None:
    assert quantize_multiplier(real) == quantized


@given(st.integers(-(10**6), 10**6), st.sampled_from([0.0, 0.25, 0.49999999999999994, 0.5, 0.75]))
def test_ties_round_away_from_zero(whole: int, rest: float) -> None:
    value = whole + rest
    exact = Fraction(value)
    expected = math.floor(abs(exact) + Fraction(1, 2)) * (1 if exact >= 0 else -1)
    assert round_half_away(value) == expected


def test_float32_arithmetic_rounds_each_step() -> None:
    a, b, c = (float(np.float32(value)) for value in (0.1, 0.3, 0.7))
    assert float32_product(a, b, c) == float(np.float32(a) * np.float32(b) * np.float32(c))
    assert float32_product(a, b) != a * b
    assert float32_quotient(a, b) == float(np.float32(a) / np.float32(b)) != a / b


@pytest.mark.parametrize(
    ("activation", "scale", "zero_point", "expected"),
    [
        ("NONE", 0.1, 3, (-128, 127)),
        ("RELU", 0.1, 3, (3, 127)),
        ("RELU", 0.1, -128, (-128, 127)),
        ("RELU6", 0.1, -10, (-10, 50)),
        ("RELU6", 0.01, -10, (-10, 127)),
        ("RELU_N1_TO_1", 0.5, 7, (5, 9)),
        ("RELU6", 4.0, 0, (0, 2)),  # 1.5 rounds away from zero
    ],
)
def test_activation_range(
    activation: str, scale: float, zero_point: int, expected: tuple[int, int]
) -> None:
    assert activation_range(activation, scale, zero_point) == expected


def test_activation_range_overflows_as_in_tflm() -> None:
    with pytest.raises(OverflowError):
        activation_range("RELU6", 1e-10, 0)


@given(
    size=st.integers(1, 40),
    window=st.integers(1, 7),
    stride=st.integers(1, 4),
    dilation=st.integers(1, 3),
)
def test_padding_covers_the_input(size: int, window: int, stride: int, dilation: int) -> None:
    extent = (window - 1) * dilation + 1
    count = output_size("SAME", size, window, stride, dilation=dilation)
    before, more = padding_before(size, window, stride, count, dilation=dilation)
    assert count == math.ceil(size / stride)
    reach = (count - 1) * stride + extent
    assert 2 * before + more == max(reach - size, 0)
    assert more in (0, 1)
    places = [at for at in range(0, size, stride) if at + extent <= size]
    assert max(output_size("VALID", size, window, stride, dilation=dilation), 0) == len(places)


def test_softmax_scaling() -> None:
    multiplier, left_shift, diff_min = softmax_scaling(1.0, 1 / 16)
    assert (multiplier, left_shift) == (1 << 30, 23)  # 1/16 * 2**26 = 2**22
    assert diff_min == -31 * 16 // 2  # the kernel shifts by 23: half the range is left
    assert softmax_scaling(1.0, 1e9)[0] == (1 << 31) - 1  # capped
    with pytest.raises(ValueError, match="too small"):
        softmax_scaling(1.0, 2.0**-26)


def test_sigmoid_scaling() -> None:
    multiplier, left_shift, radius = sigmoid_scaling(1 / 16)
    assert (multiplier, left_shift, radius) == (1 << 30, 24, 15 * 8)
    for scale in (2.0**-29, 2.0**40):
        with pytest.raises(ValueError, match="out of range"):
            sigmoid_scaling(scale)
