"""Both requantizers against their model, under random gaps between accumulators."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random
from typing import Any, NamedTuple

import pytest
from amaranth.sim import Simulator

from gateware.parts.requantizer import Requantizer, requantize
from gateware.parts.serial_requantizer import SerialRequantizer

_CORNERS = (0, 1, -1, 2, -2, 3, -3, 2**31 - 1, -(2**31), 2**30, -(2**30), 2**17, -(2**17) - 1)
_MULTIPLIERS = (0, 1, 2**30, 2**30 + 1, 2**31 - 1, 2**17 - 1, 2**17)


class _Case(NamedTuple):
    accumulator: int
    multiplier: int
    shift: int


def _corners() -> Iterator[_Case]:
    for accumulator in _CORNERS:
        for multiplier in _MULTIPLIERS:
            for shift in (-31, -17, -8, -2, -1, 0, 1, 7, 30):
                yield _Case(accumulator, multiplier, shift)


def _like_a_layer(random: Random) -> _Case:
    """Return what a kernel has: results that mostly are in the range of an int8, many halves."""
    shift = random.randint(-12, 0)
    multiplier = random.choice((2**30, random.randint(2**30, 2**31 - 1)))
    return _Case(random.randint(-(150 << -shift), 150 << -shift), multiplier, shift)


def _anything(random: Random) -> _Case:
    width = random.randint(1, 32)
    accumulator = random.getrandbits(width) - (random.getrandbits(1) << (width - 1))
    accumulator = min(max(accumulator, -(2**31)), 2**31 - 1)
    return _Case(accumulator, random.getrandbits(random.randint(1, 31)), random.randint(-31, 30))


def _run(
    part: Requantizer | SerialRequantizer,
    cases: list[_Case],
    *,
    bounds: tuple[int, int, int],
    random: Random | None,
) -> None:
    """Check values and latency; with no `random`, one accumulator follows the other at once."""
    offset, minimum, maximum = bounds
    due: dict[int, int] = {}  # the cycle of each output -> its value
    seen: dict[int, int] = {}

    async def feed(context: Any) -> None:
        context.set(part.offset, offset)
        context.set(part.minimum, minimum)
        context.set(part.maximum, maximum)
        cycle = 0
        for case in cases:
            gap = random.choice((0, 0, 0, 1, 2, 5, 40)) if random else 0
            for wait in range(part.interval + gap):
                is_now = wait == part.interval + gap - 1
                context.set(part.valid, is_now)
                # What is there without `valid` does not matter.
                context.set(part.accumulator, case.accumulator if is_now else 0x55555555)
                context.set(part.multiplier, case.multiplier if is_now else 0x2AAAAAAA)
                context.set(part.shift, case.shift if is_now else -5)
                if is_now:
                    due[cycle + part.latency] = requantize(
                        case.accumulator,
                        case.multiplier,
                        shift=case.shift,
                        offset=offset,
                        minimum=minimum,
                        maximum=maximum,
                    )
                await context.tick()
                cycle += 1
        context.set(part.valid, 0)
        await context.tick().repeat(part.latency + 5)

    async def watch(context: Any) -> None:
        cycle = 0
        async for _, _, is_valid, output in context.tick().sample(part.output_valid, part.output):
            if is_valid:
                seen[cycle] = output
            cycle += 1

    simulator = Simulator(part)
    simulator.add_clock(1e-6)
    simulator.add_testbench(feed)
    simulator.add_testbench(watch, background=True)
    simulator.run()
    assert len(due) == len(cases)
    assert seen == due


@pytest.mark.parametrize("bounds", [(0, -128, 127), (-128, -128, 127), (127, -5, 90)])
def test_pipelined_corners(bounds: tuple[int, int, int]) -> None:
    _run(Requantizer(), list(_corners()), bounds=bounds, random=None)


def test_serial_corners() -> None:
    cases = list(_corners())
    _run(SerialRequantizer(), cases, bounds=(3, -128, 127), random=None)


@pytest.mark.parametrize(
    ("part", "count"), [(Requantizer, 1500), (SerialRequantizer, 250)], ids=["pipelined", "serial"]
)
@pytest.mark.parametrize("seed", range(2))
def test_random_gaps(
    part: type[Requantizer] | type[SerialRequantizer], count: int, seed: int
) -> None:
    random = Random(seed)
    cases = [random.choice((_anything, _like_a_layer))(random) for _ in range(count)]
    minimum, maximum = sorted((random.randint(-128, 127), random.randint(-128, 127)))
    bounds = (random.randint(-128, 127), minimum, maximum) if seed else (5, -128, 127)
    _run(part(), cases, bounds=bounds, random=random)


def test_only_the_pipelined_one_takes_an_accumulator_every_cycle() -> None:
    assert (Requantizer.interval, SerialRequantizer.interval) == (1, 17)
