"""The requantization pipeline against its model."""

from __future__ import annotations

from random import Random

import pytest

from gateware.parts.output_stage import multiply_by_quantized_multiplier
from gateware.parts.requantizer import Requantizer, requantize
from tests.gateware.parts.requantizer_cases import check_requantizer, corner_cases, random_cases


@pytest.mark.parametrize(
    ("offset", "minimum", "maximum"), [(0, -128, 127), (-128, -128, 127), (127, -5, 90)]
)
def test_corners(offset: int, minimum: int, maximum: int) -> None:
    cases = list(corner_cases())
    check_requantizer(Requantizer(), cases, offset=offset, minimum=minimum, maximum=maximum)


@pytest.mark.parametrize("seed", range(2))
def test_random_gaps(seed: int) -> None:
    random = Random(seed)
    minimum, maximum = sorted((random.randint(-128, 0), random.randint(0, 127)))
    check_requantizer(
        Requantizer(),
        random_cases(random, 1500),
        offset=random.randint(-128, 127),
        minimum=minimum,
        maximum=maximum,
        random=random,
    )


def test_it_takes_an_accumulator_every_cycle() -> None:
    assert Requantizer.interval == 1


def test_model_scales_then_adds_then_clamps() -> None:
    assert multiply_by_quantized_multiplier(1000, 2**30, -2) == 125
    bounds = {"minimum": -100, "maximum": 100}
    assert requantize(1000, 2**30, shift=-2, offset=-60, **bounds) == 65
    assert requantize(1000, 2**30, shift=-2, offset=0, **bounds) == 100
    assert requantize(-1000, 2**30, shift=-2, offset=0, **bounds) == -100
