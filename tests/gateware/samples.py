"""CFUs to try the framework with: one of every latency, and ones with a fault."""

from __future__ import annotations

__all__ = [
    "AddTo",
    "Mixed",
    "SlowCount",
    "Square",
    "StateOfMixed",
    "Xor",
    "one_instruction",
    "run_commands",
]

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from amaranth.hdl import Module, Signal, ValueLike
from amaranth.sim import Simulator

from gateware import Cfu, Instruction, Latency, Opcode


@dataclass
class StateOfMixed:
    total: int = 0


class Xor(Instruction):
    """Return the exclusive or of the operands."""

    def __init__(self, opcode: Opcode, latency: Latency, name: str = "xor_bits") -> None:
        super().__init__(name, opcode, latency=latency)

    def compute(self, m: Module, in0: ValueLike, in1: ValueLike) -> ValueLike:
        return in0 ^ in1

    def model(self, state: Any, in0: int, in1: int) -> int:
        return in0 ^ in1


class Square(Instruction):
    """Return the lower half of the square."""

    def __init__(self, opcode: Opcode) -> None:
        super().__init__("square", opcode, latency=Latency.fixed(3), operands=("x",))

    def compute(self, m: Module, in0: ValueLike, in1: ValueLike) -> ValueLike:
        return in0 * in0

    def model(self, state: Any, in0: int, in1: int) -> int:
        return in0 * in0


class AddTo(Instruction):
    """Add to the total and return it as it was before."""

    def __init__(self, opcode: Opcode, total: Signal) -> None:
        super().__init__("add_to", opcode, latency=Latency.fixed(1), operands=("x",))
        self._total = total

    def compute(self, m: Module, in0: ValueLike, in1: ValueLike) -> ValueLike:
        with m.If(self.fire):
            m.d.sync += self._total.eq(self._total + in0)
        return self._total

    def model(self, state: StateOfMixed, in0: int, in1: int) -> int:
        before = state.total
        state.total = (before + in0) & 0xFFFFFFFF
        return before


class SlowCount(Instruction):
    """Return the number of set bits plus the total, four bits a cycle."""

    def __init__(self, opcode: Opcode, total: Signal) -> None:
        super().__init__("slow_count", opcode, latency=Latency.variable(9), operands=("x",))
        self._total = total

    def elaborate(self, platform: object) -> Module:
        m = Module()
        rest = Signal(32)
        count = Signal(32)
        with m.FSM():
            with m.State("wait for a command"):
                m.d.comb += self.cmd.ready.eq(1)
                with m.If(self.cmd.valid):
                    m.d.sync += [rest.eq(self.cmd.payload.in0), count.eq(self._total)]
                    m.next = "count"
            with m.State("count"):
                m.d.sync += [rest.eq(rest >> 4), count.eq(count + sum(rest[:4]))]
                with m.If(rest == 0):
                    m.d.comb += [self.rsp.valid.eq(1), self.rsp.payload.eq(count)]
                    with m.If(self.rsp.ready):
                        m.next = "wait for a command"
        return m

    def model(self, state: StateOfMixed, in0: int, in1: int) -> int:
        return in0.bit_count() + state.total


class Mixed(Cfu):
    """Every kind of latency; two instructions share a total."""

    def __init__(self) -> None:
        total = Signal(32)
        super().__init__(
            [
                Xor(Opcode(0), Latency.combinational()),
                AddTo(Opcode(1), total),
                Square(Opcode(2, 5)),
                SlowCount(Opcode(7, 127), total),
                Xor(Opcode(3), Latency.fixed(1), name="xor_later"),
            ]
        )

    def initial_state(self) -> StateOfMixed:
        return StateOfMixed()


def one_instruction(instruction: Instruction) -> Cfu:
    """Return a CFU without state."""
    return Cfu([instruction], name="one")


def run_commands(
    cfu: Cfu, commands: Sequence[tuple[str, int, int]], *, max_cycles: int = 100_000
) -> tuple[list[int], list[int]]:
    """Send commands as fast as the CFU takes them, and take every response at once.

    Returns
    -------
    results : list of int
    cycles : list of int
        In which each response came, from 0 on.
    """
    ids = {i.name: i.function_id for i in cfu.spec.instructions}
    results: list[int] = []
    cycles: list[int] = []

    async def bench(context: Any) -> None:
        waiting = list(commands)
        context.set(cfu.bus.rsp.ready, 1)
        for cycle in range(max_cycles):
            context.set(cfu.bus.cmd.valid, bool(waiting))
            if waiting:
                name, in0, in1 = waiting[0]
                context.set(cfu.bus.cmd.payload.function_id, ids[name])
                context.set(cfu.bus.cmd.payload.operands.in0, in0 & 0xFFFFFFFF)
                context.set(cfu.bus.cmd.payload.operands.in1, in1 & 0xFFFFFFFF)
            if waiting and context.get(cfu.bus.cmd.ready):
                waiting.pop(0)
            if context.get(cfu.bus.rsp.valid):
                results.append(context.get(cfu.bus.rsp.payload))
                cycles.append(cycle)
            if len(results) == len(commands):
                return
            await context.tick()
        raise AssertionError(f"only {len(results)} of {len(commands)} commands were answered")

    simulator = Simulator(cfu)
    simulator.add_clock(1e-6)
    simulator.add_testbench(bench)
    simulator.run()
    return results, cycles
