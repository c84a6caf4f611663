"""The order of addresses, against nested loops in Python, with random pauses."""

from __future__ import annotations

import itertools
from random import Random
from typing import Any, NamedTuple

import pytest
from amaranth.sim import Simulator

from gateware.parts.window_addresses import WindowAddresses

_ADDRESS_BITS = 9


class _Address(NamedTuple):
    address: int
    begins_group: bool
    ends_group: bool
    ends_pixel: bool
    ends_run: bool


class _Run(NamedTuple):
    """Counts and steps from the outermost loop, the lines, to the innermost, the words."""

    base: int
    counts: tuple[int, ...]
    steps: tuple[int, ...]

    def addresses(self) -> list[_Address]:
        found = []
        last = tuple(count - 1 for count in self.counts)
        for at in itertools.product(*map(range, self.counts)):
            address = self.base + sum(i * step for i, step in zip(at, self.steps, strict=True))
            found.append(
                _Address(
                    address % 2**_ADDRESS_BITS,
                    at[3:] == (0, 0, 0),
                    at[3:] == last[3:],
                    at[2:] == last[2:],
                    at == last,
                )
            )
        return found


def _random_run(random: Random) -> _Run:
    counts = tuple(random.choice((1, 1, 2, 3)) for _ in range(6))
    steps = (*(random.randrange(2**_ADDRESS_BITS) for _ in range(5)), 4)
    return _Run(random.randrange(2**_ADDRESS_BITS), counts, steps)


@pytest.mark.parametrize("chance", [1.0, 0.4])
def test_order_of_addresses(chance: float) -> None:
    part = WindowAddresses(
        address_bits=_ADDRESS_BITS,
        word_bits=2,
        window_bits=2,
        group_bits=2,
        column_bits=2,
        line_bits=2,
    )
    random = Random(1)
    names = ("lines", "columns", "groups", "rows", "taps", "words")
    steps = ("line_step", "column_step", "group_step", "row_step", "tap_step")

    async def bench(context: Any) -> None:
        for run in [_random_run(random) for _ in range(20)]:
            context.set(part.base, run.base)
            for name, count in zip(names, run.counts, strict=True):
                context.set(getattr(part, name), count)
            for name, step in zip(steps, run.steps[:-1], strict=True):
                context.set(getattr(part, name), step)
            context.set(part.starts, 1)
            await context.tick()
            context.set(part.starts, 0)
            seen = []
            while context.get(part.is_busy):
                pauses, may_end = random.random() >= chance, random.random() < chance
                context.set(part.pauses, pauses)
                context.set(part.may_end_group, may_end)
                if context.get(part.valid):
                    assert not pauses
                    assert may_end or not context.get(part.ends_group)
                    seen.append(
                        _Address(
                            context.get(part.address),
                            bool(context.get(part.begins_group)),
                            bool(context.get(part.ends_group)),
                            bool(context.get(part.ends_pixel)),
                            bool(context.get(part.ends_run)),
                        )
                    )
                await context.tick()
            assert seen == run.addresses()

    simulator = Simulator(part)
    simulator.add_clock(1e-6)
    simulator.add_testbench(bench)
    simulator.run()
