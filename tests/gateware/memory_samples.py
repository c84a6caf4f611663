"""A CFU with a memory port, right or with one of several faults."""

from __future__ import annotations

__all__ = ["Mover"]

from collections.abc import Iterator
from dataclasses import dataclass, field
from random import Random

from amaranth.hdl import Module, Mux, Signal

from gateware import Cfu, Instruction, Latency, Opcode
from gateware.memory_port import BURST, BURST_END, SparseMemory


@dataclass
class StateOfMover:
    memory: SparseMemory = field(default_factory=SparseMemory)


class _Load(Instruction):
    """Read the word at an address."""

    def __init__(self) -> None:
        super().__init__("load", Opcode(0), latency=Latency.variable(40), operands=("address",))
        self.done = Signal()
        self.word = Signal(32)

    def elaborate(self, platform: object) -> Module:
        m = Module()
        busy, full = Signal(), Signal()
        kept = Signal(32)
        m.d.comb += [
            self.cmd.ready.eq(~busy & ~self.hold),
            self.fire.eq(self.cmd.valid & self.cmd.ready),
            self.rsp.valid.eq(full),
            self.rsp.payload.eq(kept),
        ]
        with m.If(self.fire):
            m.d.sync += busy.eq(1)
        with m.If(busy & self.done):
            m.d.sync += [full.eq(1), kept.eq(self.word)]
        with m.If(full & self.rsp.ready):
            m.d.sync += [full.eq(0), busy.eq(0)]
        return m

    def model(self, state: StateOfMover, in0: int, in1: int) -> int:
        return state.memory.read_word(in0 & ~3)


class _Store(Instruction):
    """Begin to write a word and the one after it, which is its complement."""

    def __init__(self) -> None:
        super().__init__(
            "store",
            Opcode(1),
            latency=Latency.fixed(1),
            operands=("address", "word"),
            has_result=False,
        )

    def compute(self, m: Module, in0: Signal, in1: Signal) -> Signal:
        return Signal(32)

    def model(self, state: StateOfMover, in0: int, in1: int) -> int:
        address = in0 & ~3
        state.memory.write_word(address, in1)
        state.memory.write_word((address + 4) % 2**32, ~in1 & 0xFFFFFFFF)
        return 0


class Mover(Cfu):
    """Loads words, and stores pairs of words as bursts in the background.

    Parameters
    ----------
    fault
        "": none; "withdraws": `stb` falls before `ack`; "ends early": a burst ends after one word;
        "skips": writes a wrong word; "endless": the bus is kept.
    """

    patience_cycles = 100

    def __init__(self, fault: str = "") -> None:
        self.load, self.store = _Load(), _Store()
        self._fault = fault
        super().__init__([self.load, self.store], memory_port=True)

    def initial_state(self) -> StateOfMover:
        return StateOfMover()

    def stimulus(self, random: Random, commands: int) -> Iterator[tuple[str, int, int]]:
        for _ in range(commands):
            # Addresses of a few words, so that what is read was often written.
            address = 0x4000_0000 + random.randrange(16) * 4
            yield random.choice(("load", "store")), address, random.getrandbits(32)

    def elaborate(self, platform: object) -> Module:
        m = super().elaborate(platform)
        bus = self.memory
        left, writes, word = Signal(2), Signal(), Signal(32)
        address, cycle = Signal(30), Signal(3)
        fault = self._fault
        m.d.comb += [
            bus.cyc.eq(left != 0),
            bus.stb.eq(left != 0),
            bus.we.eq(writes),
            bus.adr.eq(address),
            bus.dat_w.eq(word),
            bus.sel.eq(0b1111),
            bus.cti.eq(Mux(left == 2, BURST, BURST_END)),
            self.load.word.eq(bus.dat_r),
            self.load.done.eq(bus.ack & ~writes & bus.stb),
            self.load.hold.eq(left != 0),
            self.store.hold.eq(left != 0),
        ]
        m.d.sync += cycle.eq(cycle + 1)
        with m.If(bus.stb & bus.ack):
            m.d.sync += [left.eq(left - 1), address.eq(address + 1), word.eq(~word)]
            if fault == "ends early":
                m.d.sync += left.eq(0)
            if fault == "skips":
                m.d.sync += word.eq(word)
        with m.If(self.load.fire):
            m.d.sync += [left.eq(1), writes.eq(0), address.eq(self.load.cmd.payload.in0[2:])]
        with m.If(self.store.fire):
            operands = self.store.cmd.payload
            m.d.sync += [left.eq(2), writes.eq(1)]
            m.d.sync += [address.eq(operands.in0[2:]), word.eq(operands.in1)]
        if fault == "withdraws":
            with m.If(cycle == 7):
                m.d.comb += [bus.cyc.eq(0), bus.stb.eq(0)]
        if fault == "endless":
            m.d.comb += bus.cyc.eq(1)
        return m
