"""The fixed-point functions of firmware/kernels/include/fixedpoint against exact arithmetic."""

from __future__ import annotations

import math
import random
import struct
import subprocess
from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from pathlib import Path

import pytest

from firmware.host_compiler import HostCompiler
from toolchain import ArtifactCache

PROBE = Path(__file__).with_name("fixedpoint_probe.cc")
IN_16_BITS = 100  # added to a function's number

HIGH_MUL, DIVIDE_BY_POT, HALF_SUM, TIMES_8, OVER_8, TO_ONE_BIT, TO_SEVEN_BITS = range(7)
EXP_OF_QUARTER, EXP_0, EXP_5, EXP_8, RECIPROCAL, HALVING, LOGISTIC, TANH, SMALLER = range(7, 16)

Function = Callable[[int, int, int], int]
Record = tuple[int, int, int]


class Model:
    """The functions on Python's integers, each written from what it is to compute."""

    def __init__(self, bits: int) -> None:
        self.bits = bits
        self.one = 1 << (bits - 1)  # 1.0 without integer bits, which is just not representable

    def saturate(self, value: int) -> int:
        return min(max(value, -self.one), self.one - 1)

    def wrap(self, value: int) -> int:
        return (value + self.one) % (2 * self.one) - self.one

    def multiply(self, a: int, b: int) -> int:
        return self.saturate(_nearest(Fraction(a * b, self.one), ties_up=True))

    def divide(self, a: int, exponent: int) -> int:
        return self.saturate(_nearest(Fraction(a) / Fraction(2) ** exponent))

    def half_sum(self, a: int, b: int) -> int:
        return _nearest(Fraction(a + b, 2))

    def constant(self, q31: int) -> int:
        return self.saturate(_nearest(Fraction(q31, 1 << (32 - self.bits))))

    def add(self, a: int, b: int) -> int:
        return self.wrap(a + b)

    def exp_of_quarter(self, x: int) -> int:
        t = self.add(x, self.one >> 3)
        t2 = self.multiply(t, t)
        t3 = self.multiply(t2, t)
        third = self.constant(round(2**31 / 3))
        cubic = self.multiply(self.add(self.divide(self.multiply(t2, t2), 2), t3), third)
        tail = self.divide(self.add(cubic, t2), 1)
        center = self.constant(round(math.exp(-1 / 8) * 2**31))
        result = center + self.multiply(center, self.add(t, tail))
        return self.wrap(result) if self.bits == 32 else self.saturate(result)

    def exp(self, x: int, integer_bits: int) -> int:
        if x == 0:
            return self.one - 1
        quarter = self.one >> integer_bits >> 2
        if integer_bits > 5 and x < -quarter * 128:
            return 0
        near = x % quarter - quarter
        result = self.exp_of_quarter(self.divide(near, -integer_bits))
        for weight in range(-2, min(integer_bits, 5)):
            if (near - x) // quarter & 1 << (weight + 2):
                factor = round(math.exp(-(2.0**weight)) * 2**31)
                result = self.multiply(result, self.constant(factor))
        return result

    def two_over_one_plus(self, x: int) -> int:
        half = self.half_sum(x, self.one - 1)
        slope = self.constant(round(Fraction(-32, 17) * 2**29))
        result = self.add(
            self.constant(round(Fraction(48, 17) * 2**29)), self.multiply(half, slope)
        )
        for _ in range(3):
            error = self.add(self.one >> 2, -self.multiply(half, result))
            result = self.add(result, self.divide(self.multiply(result, error), -2))
        return result

    def reciprocal(self, x: int) -> int:
        return self.divide(self.two_over_one_plus(x), -1)

    def halving(self, x: int) -> int:
        return self.divide(self.add(self.two_over_one_plus(x), -(self.one >> 2)), -2)

    def logistic(self, x: int, integer_bits: int) -> int:
        if x == 0:
            return self.one >> 1
        positive = self.reciprocal(self.exp(self.wrap(-abs(x)), integer_bits))
        return positive if x > 0 else self.one - 1 - positive

    def tanh(self, x: int, integer_bits: int) -> int:
        if x == 0:
            return 0
        # Twice the argument is the same number with one more integer bit.
        magnitude = self.halving(self.exp(self.wrap(-abs(x)), integer_bits + 1))
        return magnitude if x > 0 else -magnitude

    def functions(self) -> dict[int, Function]:
        return {
            HIGH_MUL: lambda a, b, _: self.multiply(a, b),
            DIVIDE_BY_POT: lambda a, _, exponent: self.divide(a, exponent),
            HALF_SUM: lambda a, b, _: self.half_sum(a, b),
            TIMES_8: lambda a, b, _: self.divide(a, -3),
            OVER_8: lambda a, b, _: self.divide(a, 3),
            TO_ONE_BIT: lambda a, b, _: self.divide(a, -3),
            TO_SEVEN_BITS: lambda a, b, _: self.divide(a, 3),
            EXP_OF_QUARTER: lambda a, b, _: self.exp_of_quarter(a),
            EXP_0: lambda a, b, _: self.exp(a, 0),
            EXP_5: lambda a, b, _: self.exp(a, 5),
            EXP_8: lambda a, b, _: self.exp(a, 8),
            RECIPROCAL: lambda a, b, _: self.reciprocal(a),
            HALVING: lambda a, b, _: self.halving(a),
            LOGISTIC: lambda a, b, _: self.logistic(a, 4),
            TANH: lambda a, b, _: self.tanh(a, 4),
            SMALLER: lambda a, b, _: min(a, b),
        }


def _nearest(value: Fraction, *, ties_up: bool = False) -> int:
    """Round to the nearest integer, ties away from zero or up."""
    if ties_up or value >= 0:
        return math.floor(value + Fraction(1, 2))
    return math.ceil(value - Fraction(1, 2))


def _boundaries(bits: int) -> list[int]:
    """Return the numbers around every power of two and around the ends."""
    near = {sign * (1 << k) + d for k in range(bits) for sign in (1, -1) for d in (-2, -1, 0, 1, 2)}
    return sorted(value for value in near if -(1 << (bits - 1)) <= value < 1 << (bits - 1))


def _domain(function: int, bits: int, value: int) -> int:
    """Return a number the function is defined for, made from any other."""
    if function == EXP_OF_QUARTER:
        return value % (1 << (bits - 3)) - (1 << (bits - 3))
    if function in (EXP_0, EXP_5, EXP_8):
        return -value if value > 0 else value
    if function in (RECIPROCAL, HALVING):
        return ~value if value < 0 else value
    return value


def _records(function: int, bits: int) -> Iterator[Record]:
    rng = random.Random(function)
    boundaries = _boundaries(bits)
    limit = 1 << (bits - 1)
    drawn = [rng.randrange(-limit, limit) for _ in range(2000)]
    if function in (HIGH_MUL, HALF_SUM, SMALLER):
        partners = [*boundaries[::3], -limit, limit - 1]
        yield from ((a, b, 0) for a in boundaries for b in partners)
        yield from ((a, rng.randrange(-limit, limit), 0) for a in drawn)
    elif function == DIVIDE_BY_POT:
        yield from ((a, 0, e) for a in [*boundaries, *drawn[:200]] for e in range(bits))
    else:
        yield from ((_domain(function, bits, a), 0, 0) for a in [*boundaries, *drawn])


@pytest.fixture(scope="module")
def probe() -> Path:
    compiler = HostCompiler(ArtifactCache.default(), checked=True)
    return compiler.link([compiler.compile(PROBE)])


def _run(probe: Path, function: int, records: Sequence[Record]) -> list[int]:
    request = b"".join(struct.pack("=4i", function, *record) for record in records)
    answer = subprocess.run([probe], input=request, capture_output=True, check=True).stdout
    return list(struct.unpack(f"={len(records)}i", answer))


@pytest.mark.parametrize("bits", [32, 16])
@pytest.mark.parametrize("function", range(16))
def test_function_agrees_with_exact_arithmetic(probe: Path, function: int, bits: int) -> None:
    model = Model(bits).functions()[function]
    records = list(_records(function, bits))
    number = function if bits == 32 else function + IN_16_BITS
    for record, actual in zip(records, _run(probe, number, records), strict=True):
        assert actual == model(*record), record


@pytest.mark.parametrize("function", [DIVIDE_BY_POT, EXP_5, RECIPROCAL, LOGISTIC, TANH])
def test_all_16_bit_numbers(probe: Path, function: int) -> None:
    model = Model(16).functions()[function]
    values = {_domain(function, 16, value) for value in range(-32768, 32768, 3)}
    records = [(value, 0, 5) for value in sorted(values)]
    for record, actual in zip(records, _run(probe, function + IN_16_BITS, records), strict=True):
        assert actual == model(*record), record


@pytest.mark.parametrize(
    ("function", "integer_bits", "real"),
    [
        (EXP_0, 0, math.exp),
        (EXP_5, 5, math.exp),
        (EXP_8, 8, math.exp),
        (RECIPROCAL, 0, lambda x: 1 / (1 + x)),
        (HALVING, 0, lambda x: (1 - x) / (1 + x)),
        (LOGISTIC, 4, lambda x: 1 / (1 + math.exp(-x))),
        (TANH, 4, math.tanh),
    ],
)
def test_function_is_close_to_the_real_one(
    probe: Path, function: int, integer_bits: int, real: Callable[[float], float]
) -> None:
    records = list(_records(function, 32))
    for (raw, _, _), actual in zip(records, _run(probe, function, records), strict=True):
        x = raw / 2.0 ** (31 - integer_bits)
        assert actual / 2.0**31 == pytest.approx(real(x), abs=2e-6), x
