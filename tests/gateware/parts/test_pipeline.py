"""Delays between the stages of a pipeline."""

from __future__ import annotations

from typing import Any

import pytest
from amaranth.hdl import Module, ResetInserter, Signal, signed
from amaranth.sim import Simulator

from gateware.parts.pipeline import flag_after, register


@pytest.mark.parametrize("cycles", [1, 2, 5])
def test_values_and_flags_come_that_much_later(cycles: int) -> None:
    m = Module()
    value, flag = Signal(signed(4)), Signal()
    later, later_flag = register(m, value, "value", cycles=cycles), flag_after(m, flag, cycles)
    seen = []

    async def bench(context: Any) -> None:
        for cycle in range(20):
            context.set(value, cycle % 7 - 4)
            context.set(flag, cycle % 3 == 0)
            await context.tick()
            seen.append((context.get(later), context.get(later_flag)))

    simulator = Simulator(m)
    simulator.add_clock(1e-6)
    simulator.add_testbench(bench)
    simulator.run()
    given = [(cycle % 7 - 4, cycle % 3 == 0) for cycle in range(20)]
    assert seen[: cycles - 1] == [(0, 0)] * (cycles - 1)
    assert seen[cycles - 1 :] == given[: 20 - cycles + 1]


def test_no_cycles_is_the_value_itself() -> None:
    value = Signal(4)
    assert register(Module(), value, "value", cycles=0) is value


def test_a_reset_clears_flags_and_leaves_values() -> None:
    m = Module()
    reset, value, flag = Signal(), Signal(4, init=9), Signal(init=1)
    later, later_flag = register(m, value, "value"), flag_after(m, flag, 1)
    outputs = []

    async def bench(context: Any) -> None:
        for is_reset in (0, 1):
            context.set(reset, is_reset)
            await context.tick()
            outputs.append((context.get(later), context.get(later_flag)))

    simulator = Simulator(ResetInserter(reset)(m))
    simulator.add_clock(1e-6)
    simulator.add_testbench(bench)
    simulator.run()
    assert outputs == [(9, 1), (9, 0)]
