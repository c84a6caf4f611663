"""Words that wait for whoever takes them."""

from __future__ import annotations

__all__ = ["EXAMPLES", "Queue"]

from amaranth.hdl import Module, Signal
from amaranth.lib import memory, stream, wiring
from amaranth.lib.wiring import In, Out

from gateware.part_examples import PartExample


class Queue(wiring.Component):
    """First in, first out, in block RAM, without registers for data beside it.

    A word can be taken two cycles after it was put in, and one in every cycle.

    Parameters
    ----------
    width
        Of a word, in bits.
    depth
        Words it has room for, a power of two.

    Members
    -------
    clears : `In(1)`
        Forget all words after this cycle, also one put in in this cycle.
    enters : `In(stream.Signature(width))`
    leaves : `Out(stream.Signature(width))`
    level : `Out(range(depth + 1))`
        Words inside, whether or not they can be taken already.

    Raises
    ------
    ValueError
        If the depth is no power of two.
    """

    def __init__(self, *, width: int = 32, depth: int = 128) -> None:
        if depth < 2 or depth & (depth - 1):
            raise ValueError(f"depth must be a power of two from 2 on, not {depth}")
        self._width = width
        self._depth = depth
        super().__init__(
            {
                "clears": In(1),
                "enters": In(stream.Signature(width)),
                "leaves": Out(stream.Signature(width)),
                "level": Out(range(depth + 1)),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        store = memory.Memory(
            shape=self._width, depth=self._depth, init=[], attrs={"no_rw_check": 1}
        )
        m.submodules.store = store
        write, read = store.write_port(), store.read_port()
        # One bit more than an address, to tell full from empty.
        put, taken = Signal(range(2 * self._depth)), Signal(range(2 * self._depth))
        next_taken = Signal.like(taken)
        m.d.comb += [
            self.level.eq(put - taken),
            self.enters.ready.eq(self.level != self._depth),
            write.addr.eq(put),
            write.data.eq(self.enters.payload),
            write.en.eq(self.enters.valid & self.enters.ready),
            next_taken.eq(taken + (self.leaves.valid & self.leaves.ready)),
            read.addr.eq(next_taken),
            self.leaves.payload.eq(read.data),
        ]
        m.d.sync += [
            taken.eq(next_taken),
            put.eq(put + write.en),
            # What is put in in this cycle is not read in it.
            self.leaves.valid.eq(put != next_taken),
        ]
        with m.If(self.clears):
            m.d.sync += [put.eq(0), taken.eq(0), self.leaves.valid.eq(0)]
        return m


EXAMPLES = tuple(PartExample(Queue, width=width, depth=128) for width in (32, 36))
