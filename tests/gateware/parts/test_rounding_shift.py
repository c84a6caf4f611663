"""The rounding shift of several widths against its model."""

from __future__ import annotations

from fractions import Fraction
from math import floor
from random import Random
from typing import Any

import pytest
from amaranth.sim import Simulator

from gateware.parts.rounding_shift import RoundingShift, rounding_divide_by_power_of_two


@pytest.mark.parametrize("exponent", range(32))
def test_model_rounds_halves_away_from_zero(exponent: int) -> None:
    half = (1 << exponent) // 2
    values = {0, 1, -1, 3 * half, -3 * half, 3 * half - 1, 1 - 3 * half, half, -half, 2**31 - 1}
    for value in values | {-(2**31)}:
        exact = Fraction(value, 2**exponent)
        expected = floor(abs(exact) + Fraction(1, 2)) * (-1 if value < 0 else 1)
        assert rounding_divide_by_power_of_two(value, exponent) == expected


@pytest.mark.parametrize(("width", "kept"), [(32, 32), (32, 9), (29, 29), (12, 5), (1, 1)])
def test_random_values(width: int, kept: int) -> None:
    part = RoundingShift(width=width, kept=kept)
    random = Random(width)
    low, high = -(2 ** (width - 1)), 2 ** (width - 1) - 1
    cases = [(value, distance) for value in {low, high, 0, -1} for distance in range(32)]
    for _ in range(500):
        bits = random.randint(1, width)
        value = random.randint(-(2 ** (bits - 1)), 2 ** (bits - 1) - 1)
        cases.append((value, random.randint(0, random.choice((8, 31)))))
    seen = []

    async def bench(context: Any) -> None:
        for value, distance in [*cases, *[(0, 0)] * part.latency]:
            context.set(part.value, value)
            context.set(part.distance, distance)
            await context.tick()
            outputs = (part.output, part.rounds_up, part.overflows, part.is_negative)
            seen.append(tuple(map(context.get, outputs)))

    simulator = Simulator(part)
    simulator.add_clock(1e-6)
    simulator.add_testbench(bench)
    simulator.run()
    fitting = 0
    for (value, distance), (output, rounds_up, overflows, is_negative) in zip(
        cases, seen[part.latency - 1 :], strict=False
    ):
        fits = -(2 ** (kept - 1)) <= value >> distance < 2 ** (kept - 1)
        assert (overflows, is_negative) == (not fits, value < 0)
        if fits:
            assert output + rounds_up == rounding_divide_by_power_of_two(value, distance)
            fitting += 1
    assert fitting > 100


@pytest.mark.parametrize(("width", "kept"), [(33, 9), (8, 9), (8, 0)])
def test_sizes_that_cannot_be(width: int, kept: int) -> None:
    with pytest.raises(ValueError, match=f"not {kept}, {width}"):
        RoundingShift(width=width, kept=kept)
