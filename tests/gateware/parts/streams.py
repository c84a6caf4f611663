"""Driving parts with a stream at each end, with random stalls on both sides."""

from __future__ import annotations

__all__ = ["cycles_of_one", "run_stream"]

from collections.abc import Mapping, Sequence
from random import Random
from typing import Any

from amaranth.sim import Simulator


def run_stream(
    part: Any,
    inputs: Sequence[Any],
    *,
    count: int,
    random: Random | None,
    constants: Mapping[str, int] | None = None,
    max_cycles: int = 100_000,
) -> list[int]:
    """Send payloads to `part.input` and return `count` payloads of `part.output`.

    Parameters
    ----------
    random
        Where stalls come from; with `None`, both ends are always ready.
    constants
        Inputs that do not change.
    """
    outputs: list[int] = []

    async def feed(context: Any) -> None:
        for name, value in (constants or {}).items():
            context.set(getattr(part, name), value)
        for payload in inputs:
            while random and random.random() < 0.4:
                await context.tick()
            context.set(part.input.payload, payload)
            context.set(part.input.valid, 1)
            await context.tick().until(part.input.ready)
            context.set(part.input.valid, 0)

    async def take(context: Any) -> None:
        for _ in range(max_cycles):
            is_ready = random is None or random.random() < 0.4
            context.set(part.output.ready, is_ready)
            _, _, is_valid, payload = await context.tick().sample(
                part.output.valid, part.output.payload
            )
            if is_ready and is_valid:
                outputs.append(payload)
            if len(outputs) == count:
                return
        raise AssertionError(f"only {len(outputs)} of {count} came out")

    simulator = Simulator(part)
    simulator.add_clock(1e-6)
    simulator.add_testbench(feed)
    simulator.add_testbench(take)
    simulator.run()
    return outputs


def cycles_of_one(part: Any, payload: Any) -> int:
    """Return the cycles that one input takes: from when it is taken to when the next may be."""
    taken = 0

    async def bench(context: Any) -> None:
        nonlocal taken
        context.set(part.input.payload, payload)
        context.set(part.input.valid, 1)
        context.set(part.output.ready, 1)
        await context.tick()
        taken = 1
        while not context.get(part.input.ready):
            await context.tick()
            taken += 1

    simulator = Simulator(part)
    simulator.add_clock(1e-6)
    simulator.add_testbench(bench)
    simulator.run()
    return taken
