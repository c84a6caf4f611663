"""The serial requantizer against the model of the pipeline."""

from __future__ import annotations

from random import Random

import pytest

from gateware.parts.serial_requantizer import SerialRequantizer
from tests.gateware.parts.requantizer_cases import check_requantizer, corner_cases, random_cases


def test_corners() -> None:
    cases = list(corner_cases())
    check_requantizer(SerialRequantizer(), cases, offset=3, minimum=-128, maximum=127)


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("gaps", [False, True])
def test_random_cases(seed: int, gaps: bool) -> None:
    random = Random(seed)
    minimum, maximum = sorted((random.randint(-128, 0), random.randint(0, 127)))
    check_requantizer(
        SerialRequantizer(),
        random_cases(random, 250),
        offset=random.randint(-128, 127),
        minimum=minimum,
        maximum=maximum,
        random=random if gaps else None,
    )


def test_its_interval_is_what_sixteen_digits_take() -> None:
    assert SerialRequantizer.interval == 17
