"""Driving parts of fixed latency, with random gaps."""

from __future__ import annotations

__all__ = ["check_pipeline"]

from collections.abc import Mapping, Sequence
from random import Random
from typing import Any

from amaranth.sim import Simulator


def check_pipeline(
    part: Any,
    commands: Sequence[Mapping[str, int]],
    expected: Sequence[Mapping[str, int]],
    *,
    latency: int,
    random: Random | None,
    interval: int = 1,
    constants: Mapping[str, int] | None = None,
) -> None:
    """Check values and latency of a part with `valid` and `output_valid`.

    Parameters
    ----------
    commands
        Values of inputs; `valid` is added.
    expected
        Values of outputs after each command.
    random
        Where gaps come from; with `None`, one command follows the other at once.
    interval
        Cycles from one command to the next at least.
    constants
        Inputs that do not change.
    """
    due: dict[int, dict[str, int]] = {}  # the cycle of each output -> its values
    seen: dict[int, dict[str, int]] = {}
    names = list(expected[0])

    async def feed(context: Any) -> None:
        for name, value in (constants or {}).items():
            context.set(getattr(part, name), value)
        cycle = 0
        for command, values in zip(commands, expected, strict=True):
            waits = interval - 1 + (random.choice((0, 0, 0, 1, 2, 5, 20)) if random else 0)
            context.set(part.valid, 0)
            for name in command:  # what is there without `valid` does not matter
                context.set(getattr(part, name), -1 if random else 0)
            if waits:
                await context.tick().repeat(waits)
            context.set(part.valid, 1)
            for name, value in command.items():
                context.set(getattr(part, name), value)
            cycle += waits
            due[cycle + latency] = dict(values)
            await context.tick()
            cycle += 1
        context.set(part.valid, 0)
        await context.tick().repeat(latency + 5)

    async def watch(context: Any) -> None:
        cycle = 0
        outputs = [getattr(part, name) for name in names]
        async for _, _, is_valid, *values in context.tick().sample(part.output_valid, *outputs):
            if is_valid:
                seen[cycle] = dict(zip(names, values, strict=True))
            cycle += 1

    simulator = Simulator(part)
    simulator.add_clock(1e-6)
    simulator.add_testbench(feed)
    simulator.add_testbench(watch, background=True)
    simulator.run()
    assert len(due) == len(commands)
    assert seen == due
