"""Sums that answer at different times, to look at the bus."""

from __future__ import annotations

__all__ = ["Timing"]

from amaranth.hdl import Module, Signal, ValueLike

from gateware import Cfu, Instruction, Latency, Opcode


class Add(Instruction):
    """Add two numbers."""

    def compute(self, m: Module, in0: ValueLike, in1: ValueLike) -> ValueLike:
        return in0 + in1

    def model(self, state: object, in0: int, in1: int) -> int:
        return in0 + in1


class SlowAdd(Add):
    """Add two numbers, one command after the other, in four cycles each."""

    def elaborate(self, platform: object) -> Module:
        m = Module()
        left = Signal(range(4))
        with m.FSM():
            with m.State("wait for a command"):
                m.d.comb += self.cmd.ready.eq(1)
                with m.If(self.cmd.valid):
                    operands = self.cmd.payload
                    m.d.sync += [self.rsp.payload.eq(operands.in0 + operands.in1), left.eq(3)]
                    m.next = "add"
            with m.State("add"):
                m.d.sync += left.eq(left - 1)
                with m.If(left == 1):
                    m.next = "answer"
            with m.State("answer"):
                m.d.comb += self.rsp.valid.eq(1)
                with m.If(self.rsp.ready):
                    m.next = "wait for a command"
        return m


class Timing(Cfu):
    """One addition, four ways."""

    def __init__(self) -> None:
        super().__init__(
            [
                Add("add_now", Opcode(0), latency=Latency.combinational()),
                Add("add_1", Opcode(1), latency=Latency.fixed(1)),
                Add("add_4", Opcode(2), latency=Latency.fixed(4)),
                SlowAdd("add_slowly", Opcode(3), latency=Latency.variable(4)),
            ]
        )
