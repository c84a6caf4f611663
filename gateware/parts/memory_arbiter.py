"""One memory port for several parts."""

from __future__ import annotations

__all__ = ["EXAMPLES", "MemoryArbiter"]

from amaranth.hdl import Module, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from gateware.memory_port import MEMORY_PORTS, MemoryPort
from gateware.part_examples import PartExample


class MemoryArbiter(wiring.Component):
    """Give the port to one part after the other, each until its `cyc` falls.

    Whoever had it last keeps it while nobody else asks, and waits for no cycle then. It takes one
    cycle to change hands, in which `cyc` is low and the CPU may get the bus.

    Parameters
    ----------
    count
        Number of parts, at least 1.

    Members
    -------
    parts : `In(MemoryPort()).array(count)`
    memory : `Out(MemoryPort())`
    """

    def __init__(self, count: int) -> None:
        if count < 1:
            raise ValueError(f"an arbiter among {count} parts is none")
        self._count = count
        super().__init__({"parts": In(MemoryPort()).array(count), "memory": Out(MemoryPort())})

    def elaborate(self, platform: object) -> Module:
        m = Module()
        owner = Signal(range(self._count))
        names = [
            (name.removeprefix("mem_"), way == "output") for name, (way, _) in MEMORY_PORTS.items()
        ]
        with m.Switch(owner):
            for index in range(self._count):
                part = self.parts[index]
                with m.Case(index):
                    for name, is_request in names:
                        if is_request:
                            m.d.comb += getattr(self.memory, name).eq(getattr(part, name))
                    m.d.comb += [part.ack.eq(self.memory.ack), part.err.eq(self.memory.err)]
                    with m.If(~part.cyc):
                        # The nearest one after it, so the last assignment, gets the port.
                        for distance in reversed(range(1, self._count)):
                            other = (index + distance) % self._count
                            with m.If(self.parts[other].cyc):
                                m.d.sync += owner.eq(other)
        for index in range(self._count):
            m.d.comb += self.parts[index].dat_r.eq(self.memory.dat_r)
        return m


EXAMPLES = (PartExample(MemoryArbiter, count=2),)
