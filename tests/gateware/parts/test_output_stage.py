"""The model of TensorFlow Lite Micro's requantization."""

from __future__ import annotations

from fractions import Fraction
from math import floor

from hypothesis import example, given
from hypothesis import strategies as st

from gateware.parts.output_stage import multiply_by_quantized_multiplier

_INT32 = st.integers(-(2**31), 2**31 - 1)
_MULTIPLIER = st.one_of(st.integers(2**30, 2**31 - 1), st.integers(0, 2**31 - 1))


def _round_half_away(value: Fraction) -> int:
    return floor(value + Fraction(1, 2)) if value >= 0 else -floor(-value + Fraction(1, 2))


def _round_half_up(value: Fraction) -> int:
    return floor(value + Fraction(1, 2))


@given(_INT32, _MULTIPLIER, st.integers(-31, 30))
@example(-(2**31), 2**31 - 1, 0)
@example(-(2**31), 2**30, -31)
@example(2**31 - 1, 2**31 - 1, 30)
@example(-1, 2**30, 0)
@example(-3, 2**30, -1)
def test_scaling_is_two_exact_roundings(x: int, multiplier: int, shift: int) -> None:
    wrapped = (x << max(shift, 0)) + 2**31
    shifted = wrapped % 2**32 - 2**31
    # gemmlowp's nudge and truncating division round halves up in the first step ...
    high = _round_half_up(Fraction(shifted * multiplier, 2**31))
    # ... and away from zero in the second.
    expected = _round_half_away(Fraction(high, 2 ** max(-shift, 0)))
    assert multiply_by_quantized_multiplier(x, multiplier, shift) == expected
