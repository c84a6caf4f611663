"""A CFU that copies blocks of memory by itself, and adds their words up."""

from __future__ import annotations

__all__ = ["BlockCopier", "LateCopier"]

from collections.abc import Iterator
from dataclasses import dataclass, field
from random import Random

from amaranth.hdl import Const, Module, Signal, ValueLike
from amaranth.lib import wiring
from amaranth.lib.wiring import Out

from gateware import Cfu, Instruction, Latency, Opcode
from gateware.hardware import expect_unused
from gateware.memory_port import MemoryModel, SparseMemory
from gateware.parts.memory_arbiter import MemoryArbiter
from gateware.parts.memory_reader import MemoryReader
from gateware.parts.memory_writer import MemoryWriter

_WORD = 0xFFFF_FFFF


@dataclass
class _State:
    memory: MemoryModel = field(default_factory=SparseMemory)
    target: int = 0
    total: int = 0


class _Copier(wiring.Component):
    """What the instructions share."""

    def __init__(self) -> None:
        super().__init__({})
        self.reader = MemoryReader()
        self.writer = MemoryWriter()
        self.arbiter = MemoryArbiter(2)
        expect_unused(self.reader, self.writer, self.arbiter)
        self.target = Signal(32)
        self.total = Signal(32)
        self.is_idle = Signal()
        self.aims = Signal()
        self.aim = Signal(32)

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.submodules.reader = reader = self.reader
        m.submodules.writer = writer = self.writer
        m.submodules.arbiter = arbiter = self.arbiter
        wiring.connect(m, arbiter.parts[0], reader.memory)
        wiring.connect(m, arbiter.parts[1], writer.memory)
        copied = Signal()
        m.d.comb += [
            writer.writes.valid.eq(reader.words.valid),
            reader.words.ready.eq(writer.writes.ready),
            writer.writes.payload.address.eq(self.target),
            writer.writes.payload.data.eq(reader.words.payload),
            writer.writes.payload.mask.eq(0b1111),
            copied.eq(reader.words.valid & reader.words.ready),
            self.is_idle.eq(reader.is_idle & writer.is_idle),
        ]
        with m.If(self.aims):
            m.d.sync += [self.target.eq(self.aim), self.total.eq(0)]
        with m.Elif(copied):
            m.d.sync += [
                self.target.eq(self.target + 4),
                self.total.eq(self.total + reader.words.payload),
            ]
        return m


class _Aim(Instruction):
    """Set where the next block goes, and the sum to 0."""

    def __init__(self, copier: _Copier) -> None:
        super().__init__(
            "aim", Opcode(0), latency=Latency.fixed(1), operands=("address",), has_result=False
        )
        self._copier = copier

    def compute(self, m: Module, in0: ValueLike, in1: ValueLike) -> ValueLike:
        copier = self._copier
        m.d.comb += [
            self.hold.eq(~copier.is_idle),
            copier.aims.eq(self.fire),
            copier.aim.eq(in0),
        ]
        return Const(0, 32)

    def model(self, state: _State, in0: int, in1: int) -> int:
        state.target, state.total = in0 & ~3, 0
        return 0


class _Copy(Instruction):
    """Begin to copy words."""

    def __init__(self, copier: _Copier) -> None:
        super().__init__(
            "copy",
            Opcode(1),
            latency=Latency.fixed(1),
            operands=("address", "words"),
            has_result=False,
        )
        self._copier = copier

    def compute(self, m: Module, in0: ValueLike, in1: ValueLike) -> ValueLike:
        command = self._copier.reader.command
        m.d.comb += [
            self.hold.eq(~self._copier.is_idle),
            command.valid.eq(self.fire),
            command.payload.address.eq(in0),
            command.payload.words.eq(in1),
        ]
        return Const(0, 32)

    def model(self, state: _State, in0: int, in1: int) -> int:
        for index in range(in1):
            word = state.memory.read_word(((in0 & ~3) + 4 * index) & _WORD)
            state.memory.write_word(state.target, word)
            state.target = (state.target + 4) & _WORD
            state.total = (state.total + word) & _WORD
        return 0


class _Wait(Instruction):
    """Return the sum of the words when all are copied."""

    def __init__(self, copier: _Copier) -> None:
        super().__init__("wait", Opcode(2), latency=Latency.fixed(1), operands=())
        self._copier = copier

    def compute(self, m: Module, in0: ValueLike, in1: ValueLike) -> ValueLike:
        m.d.comb += self.hold.eq(~self._copier.is_idle)
        return self._copier.total

    def model(self, state: _State, in0: int, in1: int) -> int:
        return state.total


class _LateWait(Instruction):
    """Return the sum of the words when all are copied; accepted at once and answered late."""

    def __init__(self, copier: _Copier) -> None:
        super().__init__("wait", Opcode(2), latency=Latency.variable(10_000), operands=())
        self._copier = copier

    def elaborate(self, platform: object) -> Module:
        m = Module()
        waits = Signal()
        m.d.comb += [
            self.cmd.ready.eq(~waits),
            self.rsp.valid.eq(waits & self._copier.is_idle),
            self.rsp.payload.eq(self._copier.total),
        ]
        with m.If(self.cmd.valid & self.cmd.ready):
            m.d.sync += waits.eq(1)
        with m.Elif(self.rsp.valid & self.rsp.ready):
            m.d.sync += waits.eq(0)
        return m

    def model(self, state: _State, in0: int, in1: int) -> int:
        return state.total


class _Keep(Instruction):
    """Let nobody else have the bus for some cycles."""

    def __init__(self) -> None:
        super().__init__(
            "keep", Opcode(3), latency=Latency.fixed(1), operands=("cycles",), has_result=False
        )
        self.keeps = Signal()

    def compute(self, m: Module, in0: ValueLike, in1: ValueLike) -> ValueLike:
        left = Signal(16)
        m.d.comb += self.keeps.eq(left != 0)
        with m.If(self.fire):
            m.d.sync += left.eq(in0)
        with m.Elif(self.keeps):
            m.d.sync += left.eq(left - 1)
        return Const(0, 32)

    def model(self, state: _State, in0: int, in1: int) -> int:
        return 0


class BlockCopier(Cfu):
    """Copies blocks while the CPU does something else."""

    patience_cycles = 10_000

    wait: type[_Wait | _LateWait] = _Wait

    def __init__(self) -> None:
        self._copier = _Copier()
        self._keep = _Keep()
        super().__init__(
            [_Aim(self._copier), _Copy(self._copier), self.wait(self._copier), self._keep],
            parts={"copier": self._copier},
            memory_port=True,
        )

    def initial_state(self) -> _State:
        return _State()

    def stimulus(self, random: Random, commands: int) -> Iterator[tuple[str, int, int]]:
        for _ in range(commands // 3):
            yield "aim", random.randrange(0x4000_0000, 0x4000_0400), 0
            # Blocks do not overlap: what is read ahead would then not be what the model reads.
            yield "copy", random.randrange(0x4000_1000, 0x4000_1400), random.randrange(40)
            yield "wait", 0, 0

    def elaborate(self, platform: object) -> Module:
        m = super().elaborate(platform)
        memory = self._copier.arbiter.memory
        for name, member in self.memory.signature.members.items():
            inner, outer = getattr(memory, name), getattr(self.memory, name)
            if member.flow == Out:
                m.d.comb += outer.eq(inner | self._keep.keeps if name == "cyc" else inner)
            else:
                m.d.comb += inner.eq(outer)
        return m


class LateCopier(BlockCopier):
    """Has the CPU wait for the answer, with the next instruction behind it."""

    wait = _LateWait
