"""A CFU to start from: one instruction that does four multiply-accumulates.

`cfu run` puts it into the SoC and offers `cfu::dot4` to the kernels, such as conv_2d.cc beside
this file. `cfu test` checks the hardware against `model`.
"""

from __future__ import annotations

__all__ = ["MyCfu"]

from amaranth.hdl import Cat, Module, Signal, ValueLike, signed

from gateware import Cfu, Instruction, Latency, Opcode

LANES = 4
INPUT_OFFSET = 128  # of most int8 models: their activations begin at -128


def lane(word: int, index: int) -> int:
    """Return one of the four int8 values of a 32-bit word."""
    byte = word >> 8 * index & 0xFF
    return byte - 256 if byte >= 128 else byte


class Dot4(Instruction):
    """Sum up (input + 128) * filter over four int8 lanes."""

    def compute(self, m: Module, in0: ValueLike, in1: ValueLike) -> ValueLike:
        inputs, filters = Signal(32), Signal(32)
        m.d.comb += [inputs.eq(in0), filters.eq(in1)]
        products = [
            (inputs.word_select(i, 8).as_signed() + INPUT_OFFSET)
            * filters.word_select(i, 8).as_signed()
            for i in range(LANES)
        ]
        total = Signal(signed(32))
        m.d.comb += total.eq(sum(products))
        return Cat(total)

    def model(self, state: object, in0: int, in1: int) -> int:
        return sum((lane(in0, i) + INPUT_OFFSET) * lane(in1, i) for i in range(LANES))


class MyCfu(Cfu):
    """The CFU that cfu.toml names."""

    def __init__(self) -> None:
        dot4 = Dot4("dot4", Opcode(0), latency=Latency.fixed(1), operands=("inputs", "filters"))
        super().__init__([dot4])
