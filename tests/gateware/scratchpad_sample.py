"""A CFU that shares a scratchpad with the CPU."""

from __future__ import annotations

__all__ = ["Doubler"]

from dataclasses import dataclass, field

from amaranth.hdl import Const, Module, Mux, Signal, ValueLike
from amaranth.lib import wiring

from gateware import Cfu, Instruction, Latency, Opcode
from gateware.parts.scratchpad import Scratchpad

_BYTES = 1024
_WORDS = _BYTES // 4


@dataclass
class StateOfDoubler:
    words: list[int] = field(default_factory=lambda: [0] * _WORDS)


class _Double(Instruction):
    """Double so many words from the scratchpad's beginning on, a word a cycle."""

    def __init__(self, scratchpad: Scratchpad) -> None:
        super().__init__(
            "twice", Opcode(0), latency=Latency.fixed(1), operands=("words",), has_result=False
        )
        self._scratchpad = scratchpad
        self.is_busy = Signal()

    def compute(self, m: Module, in0: ValueLike, in1: ValueLike) -> ValueLike:
        pad = self._scratchpad
        address, left, writes = Signal.like(pad.address), Signal(_WORDS.bit_length()), Signal()
        last = Signal.like(pad.address)
        m.d.comb += [
            pad.address.eq(address),
            pad.write_address.eq(last),
            pad.write_word.eq(pad.word << 1),
            pad.mask.eq(Mux(writes, 0b1111, 0)),
            self.is_busy.eq((left != 0) | writes),
            self.hold.eq(self.is_busy),
        ]
        m.d.sync += [last.eq(address), writes.eq(left != 0)]
        with m.If(left != 0):
            m.d.sync += [address.eq(address + 1), left.eq(left - 1)]
        with m.Elif(self.fire):
            m.d.sync += [address.eq(0), left.eq(in0)]
        return Const(0, 32)

    def model(self, state: StateOfDoubler, in0: int, in1: int) -> int:
        count = in0 % (2 * _WORDS)
        for index in range(count):
            state.words[index % _WORDS] = 2 * state.words[index % _WORDS] & 0xFFFFFFFF
        return 0


class _Wait(Instruction):
    """Return when all is done."""

    def __init__(self, double: _Double) -> None:
        super().__init__("wait", Opcode(1), latency=Latency.fixed(1), operands=(), has_result=False)
        self._double = double

    def compute(self, m: Module, in0: ValueLike, in1: ValueLike) -> ValueLike:
        m.d.comb += self.hold.eq(self._double.is_busy)
        return Const(0, 32)

    def model(self, state: StateOfDoubler, in0: int, in1: int) -> int:
        return 0


class Doubler(Cfu):
    """Doubles words that the CPU has put into the scratchpad."""

    def __init__(self) -> None:
        self._scratchpad = Scratchpad(_BYTES)
        double = _Double(self._scratchpad)
        super().__init__(
            [double, _Wait(double)],
            parts={"words": self._scratchpad},
            scratchpad_bytes=_BYTES,
        )

    def initial_state(self) -> StateOfDoubler:
        return StateOfDoubler()

    def elaborate(self, platform: object) -> Module:
        m = super().elaborate(platform)
        wiring.connect(m, wiring.flipped(self.scratchpad), self._scratchpad.bus)
        return m
