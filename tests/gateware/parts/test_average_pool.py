"""Average pooling against its model, and the model against exact fractions."""

from __future__ import annotations

from fractions import Fraction
from math import floor
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateware.parts.average_pool import AveragePool, average_pool
from tests.gateware.parts.streams import cycles_of_one, run_stream


@given(st.lists(st.integers(-128, 127), min_size=1, max_size=70))
def test_model_rounds_halves_away_from_zero(inputs: list[int]) -> None:
    exact = Fraction(sum(inputs), len(inputs))
    rounded = floor(abs(exact) + Fraction(1, 2)) * (-1 if exact < 0 else 1)
    assert average_pool(inputs, minimum=-128, maximum=127) == rounded


def _check(lanes: int, windows: list[list[list[int]]], part: AveragePool, *, stalls: bool) -> None:
    """Check windows, lists of positions, which are lists of lanes."""
    bounds = {"minimum": -120, "maximum": 100} if stalls else {"minimum": -128, "maximum": 127}
    inputs = [
        {
            "inputs": int.from_bytes(bytes(value & 0xFF for value in position), "little"),
            "ends": index == len(window) - 1,
        }
        for window in windows
        for index, position in enumerate(window)
    ]
    outputs = run_stream(
        part,
        inputs,
        count=len(windows),
        random=Random(lanes) if stalls else None,
        constants=bounds,
    )
    for window, output in zip(windows, outputs, strict=True):
        expected = [average_pool(lane, **bounds) for lane in zip(*window, strict=True)]
        assert output.to_bytes(lanes, "little") == bytes(value & 0xFF for value in expected)


@pytest.mark.parametrize(("lanes", "largest"), [(1, 5), (4, 64), (3, 9)])
@pytest.mark.parametrize("stalls", [False, True])
def test_random_windows(lanes: int, largest: int, stalls: bool) -> None:
    random = Random(largest)
    windows = [
        [[random.randint(-128, 127) for _ in range(lanes)] for _ in range(size)]
        for size in [1, largest, *(random.randint(1, largest) for _ in range(25))]
    ]
    windows += [[[value] * lanes for _ in range(largest)] for value in (-128, 127, 0)]
    _check(lanes, windows, AveragePool(lanes=lanes, window=largest), stalls=stalls)


@pytest.mark.parametrize("count", range(1, 17))
def test_every_sum_near_a_half(count: int) -> None:
    windows = []
    for total in {
        (2 * n + 1) * count // 2 + d for n in (-100, -3, -1, 0, 1, 70) for d in (-1, 0, 1)
    }:
        share, rest = divmod(total, count)
        windows.append([[share + (index < rest)] for index in range(count)])
    _check(1, windows, AveragePool(lanes=1, window=16), stalls=False)


@pytest.mark.parametrize("lanes", [1, 4])
def test_a_window_takes_the_time_that_is_told(lanes: int) -> None:
    part = AveragePool(lanes=lanes, window=64)
    assert cycles_of_one(part, {"inputs": 1, "ends": 0}) == 1
    assert cycles_of_one(part, {"inputs": 1, "ends": 1}) == 1 + 10 * lanes + 1


@pytest.mark.parametrize(("lanes", "window"), [(0, 4), (4, 0)])
def test_sizes_that_cannot_be(lanes: int, window: int) -> None:
    with pytest.raises(ValueError, match=f"not {lanes}, {window}"):
        AveragePool(lanes=lanes, window=window)
