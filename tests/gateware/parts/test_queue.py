"""The queue against a deque, with random pauses on both sides."""

from __future__ import annotations

from collections import deque
from random import Random
from typing import Any

import pytest
from amaranth.sim import Simulator

from gateware.parts.queue import Queue


@pytest.mark.parametrize(("depth", "chance_of_leaving"), [(2, 0.5), (8, 0.9), (8, 0.3), (4, 1.0)])
def test_random_traffic(depth: int, chance_of_leaving: float) -> None:
    part = Queue(width=9, depth=depth)
    random = Random(depth)
    left: list[int] = []
    levels: set[int] = set()

    async def bench(context: Any) -> None:
        inside: deque[tuple[int, int]] = deque()
        for cycle in range(1500):
            word, clears = random.getrandbits(9), random.random() < 0.01
            context.set(part.enters.payload, word)
            context.set(part.enters.valid, random.random() < 0.7)
            context.set(part.leaves.ready, random.random() < chance_of_leaving)
            context.set(part.clears, clears)
            assert context.get(part.level) == len(inside)
            levels.add(len(inside))
            # A word is there two cycles after it entered.
            assert context.get(part.leaves.valid) == bool(inside and inside[0][1] <= cycle - 2)
            if context.get(part.leaves.valid & part.leaves.ready):
                left.append(context.get(part.leaves.payload))
                assert left[-1] == inside.popleft()[0]
            if context.get(part.enters.valid & part.enters.ready):
                inside.append((word, cycle))
            if clears:
                inside.clear()
            await context.tick()

    simulator = Simulator(part)
    simulator.add_clock(1e-6)
    simulator.add_testbench(bench)
    simulator.run()
    assert len(left) > 300
    assert 0 in levels
    assert depth in levels or chance_of_leaving > 0.8


def test_a_wrong_depth_is_rejected() -> None:
    with pytest.raises(ValueError, match="a power of two from 2 on, not 12"):
        Queue(depth=12)
