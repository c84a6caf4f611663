"""Accumulators, multipliers and shifts that both requantizers are tried with."""

from __future__ import annotations

__all__ = ["Case", "check_requantizer", "corner_cases", "random_cases"]

from collections.abc import Iterator, Sequence
from random import Random
from typing import NamedTuple

from gateware.parts.requantizer import Requantizer, requantize
from gateware.parts.serial_requantizer import SerialRequantizer
from tests.gateware.parts.pipelines import check_pipeline

_CORNERS = (0, 1, -1, 2, -2, 3, -3, 2**31 - 1, -(2**31), 2**30, -(2**30), 2**17, -(2**17) - 1)
_MULTIPLIERS = (0, 1, 2**30, 2**30 + 1, 2**31 - 1, 2**17 - 1, 2**17)


class Case(NamedTuple):
    """What a requantizer takes at once."""

    accumulator: int
    multiplier: int
    shift: int


def corner_cases() -> Iterator[Case]:
    """Yield extremes of each number, together with those of the others."""
    for accumulator in _CORNERS:
        for multiplier in _MULTIPLIERS:
            for shift in (-31, -17, -8, -2, -1, 0, 1, 7, 30):
                yield Case(accumulator, multiplier, shift)


def random_cases(random: Random, count: int) -> list[Case]:
    """Return cases like a layer's, whose results mostly are in range, mixed with any others."""
    return [random.choice((_like_a_layer, _anything))(random) for _ in range(count)]


def _like_a_layer(random: Random) -> Case:
    shift = random.randint(-12, 0)
    multiplier = random.choice((2**30, random.randint(2**30, 2**31 - 1)))  # the former for halves
    return Case(random.randint(-(150 << -shift), 150 << -shift), multiplier, shift)


def _anything(random: Random) -> Case:
    width = random.randint(1, 31)
    accumulator = random.randint(-(2**width), 2**width - 1)
    return Case(accumulator, random.getrandbits(random.randint(1, 31)), random.randint(-31, 30))


def check_requantizer(
    part: Requantizer | SerialRequantizer,
    cases: Sequence[Case],
    *,
    offset: int,
    minimum: int,
    maximum: int,
    random: Random | None = None,
) -> None:
    """Check values and latency; with no `random`, one accumulator follows the other at once."""
    bounds = {"offset": offset, "minimum": minimum, "maximum": maximum}
    check_pipeline(
        part,
        [case._asdict() for case in cases],
        [
            {"output": requantize(case.accumulator, case.multiplier, shift=case.shift, **bounds)}
            for case in cases
        ],
        latency=part.latency,
        interval=part.interval,
        random=random,
        constants=bounds,
    )
