"""A bank of accumulators in memory."""

from __future__ import annotations

__all__ = ["EXAMPLES", "AccumulatorModel", "Accumulators"]

from dataclasses import dataclass, field
from typing import ClassVar

from amaranth.hdl import Module, Mux, Signal, signed
from amaranth.lib import memory, wiring
from amaranth.lib.wiring import In, Out

from gateware.part_examples import PartExample
from gateware.parts.pipeline import flag_after


@dataclass
class AccumulatorModel:
    """What `Accumulators` keeps; sums are int32 and wrap."""

    sums: dict[int, int] = field(default_factory=dict)

    def add(self, index: int, addend: int, *, clears: bool) -> int:
        """Add to an accumulator, from 0 on if `clears`, and return the new sum."""
        total = (0 if clears else self.sums.get(index, 0)) + addend
        self.sums[index] = (total + 2**31) % 2**32 - 2**31
        return self.sums[index]


class Accumulators(wiring.Component):
    """Add to one of several int32 sums in every cycle, in any order of indices.

    There is no extra port to read: every addition gives the new sum, and adding 0 reads. With
    `clears` in the first addition to a sum, nothing need be cleared before.

    Parameters
    ----------
    count
        Number of accumulators.
    width
        Of what is added, bits with its sign, up to 32.

    Members
    -------
    valid : `In(1)`
        Add `addend` to accumulator `index`.
    index : `In(range(count))`
    addend : `In(signed(width))`
    clears : `In(1)`
        Take 0 instead of the accumulator's sum.
    output_valid : `Out(1)`
        `valid`, `latency` cycles later.
    output : `Out(signed(32))`
        The new sum; it wraps.

    Raises
    ------
    ValueError
        Unless `count` is 1 or more and `width` is 1 to 32.
    """

    latency: ClassVar[int] = 2

    def __init__(self, *, count: int = 16, width: int = 32) -> None:
        if count < 1 or not 1 <= width <= 32:
            raise ValueError(f"not {count} accumulators of {width} bits: at least 1, of 1 to 32")
        self.count = count
        super().__init__(
            {
                "valid": In(1),
                "index": In(range(count)),
                "addend": In(signed(width)),
                "clears": In(1),
                "output_valid": Out(1),
                "output": Out(signed(32)),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.submodules.sums = sums = memory.Memory(shape=signed(32), depth=self.count, init=[])
        write = sums.write_port()
        # What is written in the cycle of reading is what the addition before this one gives.
        read = sums.read_port(transparent_for=(write,))
        adds, clears = Signal(), Signal()
        addend, total = Signal(signed(32)), Signal(signed(32))
        m.d.sync += [
            adds.eq(self.valid),
            write.addr.eq(self.index),
            addend.eq(self.addend),
            clears.eq(self.clears),
            self.output.eq(total),
        ]
        m.d.comb += [
            read.addr.eq(self.index),
            total.eq(Mux(clears, 0, read.data) + addend),
            write.data.eq(total),
            write.en.eq(adds),
            self.output_valid.eq(flag_after(m, self.valid, self.latency)),
        ]
        return m


EXAMPLES = tuple(PartExample(Accumulators, count=count, width=20) for count in (4, 16, 64))
