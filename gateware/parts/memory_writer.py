"""Writing words to memory."""

from __future__ import annotations

__all__ = ["EXAMPLES", "MemoryWriter", "Write"]

from amaranth.hdl import Module, Mux, Signal
from amaranth.lib import data, stream, wiring
from amaranth.lib.fifo import SyncFIFOBuffered
from amaranth.lib.wiring import In, Out

from gateware.memory_port import BURST, BURST_END, MemoryPort
from gateware.part_examples import PartExample

Write = data.StructLayout({"address": 32, "data": 32, "mask": 4})
"""A word: its byte address, whose two lowest bits are ignored, and which of its bytes to write."""


class MemoryWriter(wiring.Component):
    """Write words in their order, in a burst if they follow one another in memory.

    The next word is on the bus in the cycle after each `ack`. Words that follow one another go at
    one a cycle if they come at that rate, the memory bursts, and a buffer or the sender has the
    one after next already; others take what a single transfer takes. The bus is let go when
    nothing is to be written, and for a cycle after `burst_words` words.

    Parameters
    ----------
    burst_words
        Words until others get the bus.
    buffer_words
        Words that wait, beside three at the bus. With 0 there is no buffer.

    Members
    -------
    writes : `In(stream.Signature(Write))`
    memory : `Out(MemoryPort())`
    is_idle : `Out(1)`
        All writes taken so far are acknowledged.
    has_failed : `Out(1)`
        The bus reported an error at some time since reset.

    Raises
    ------
    ValueError
        If a burst has no words.
    """

    def __init__(self, *, burst_words: int = 16, buffer_words: int = 16) -> None:
        if burst_words < 1 or buffer_words < 0:
            raise ValueError(f"no writer has bursts of {burst_words}, a buffer of {buffer_words}")
        self._burst_words = burst_words
        self._buffer_words = buffer_words
        super().__init__(
            {
                "writes": In(stream.Signature(Write)),
                "memory": Out(MemoryPort()),
                "is_idle": Out(1),
                "has_failed": Out(1),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        bus = self.memory
        coming = Signal(data.StructLayout({"valid": 1, "write": Write}))
        takes, buffer_is_empty = Signal(), Signal()
        source = self.writes
        if self._buffer_words == 0:
            m.d.comb += buffer_is_empty.eq(1)
        else:
            m.submodules.buffer = buffer = SyncFIFOBuffered(
                width=Write.size, depth=self._buffer_words
            )
            source = stream.Signature(Write).create(path=("buffered",))
            m.d.comb += [
                self.writes.ready.eq(buffer.w_rdy),
                buffer.w_en.eq(self.writes.valid),
                buffer.w_data.eq(self.writes.payload),
                source.valid.eq(buffer.r_rdy),
                source.payload.eq(buffer.r_data),
                buffer.r_en.eq(source.ready),
                buffer_is_empty.eq(buffer.level == 0),
            ]

        # A word that comes as the bus stops taking them is kept here: `ready` is a register's, so
        # that the long path from memory ends in this part.
        kept, is_keeping = Signal(Write), Signal()
        m.d.comb += [
            source.ready.eq(~is_keeping),
            coming.valid.eq(is_keeping | source.valid),
            coming.write.eq(Mux(is_keeping, kept, source.payload)),
        ]
        m.d.sync += is_keeping.eq(coming.valid & ~takes)
        with m.If(~is_keeping):
            m.d.sync += kept.eq(source.payload)

        # A word is at the bus only when it is known whether the next one continues the burst.
        next_valid, next_write = Signal(), Signal(Write)
        asks, now, continues = Signal(), Signal(Write), Signal()
        held_words = Signal(range(self._burst_words))
        ends, moves, follows, is_last_held = Signal(), Signal(), Signal(), Signal()
        m.d.comb += [
            bus.cyc.eq(asks),
            bus.stb.eq(asks),
            bus.we.eq(1),
            bus.adr.eq(now.address[2:]),
            bus.dat_w.eq(now.data),
            bus.sel.eq(now.mask),
            bus.cti.eq(Mux(continues, BURST, BURST_END)),
            ends.eq(asks & (bus.ack | bus.err)),
            is_last_held.eq(held_words == self._burst_words - 1),
            moves.eq(next_valid & Mux(asks, ends & ~is_last_held, 1)),
            takes.eq(~next_valid | moves),
            follows.eq(
                coming.valid & (coming.write.address[2:] == (next_write.address[2:] + 1)[:30])
            ),
            self.is_idle.eq(buffer_is_empty & ~is_keeping & ~next_valid & ~asks),
        ]
        with m.If(asks & bus.err):
            m.d.sync += self.has_failed.eq(1)
        with m.If(takes):
            m.d.sync += [next_valid.eq(coming.valid), next_write.eq(coming.write)]
        with m.If(moves):
            held = Signal.like(held_words)
            m.d.comb += held.eq(Mux(asks, held_words + 1, 0))
            m.d.sync += [
                asks.eq(1),
                now.eq(next_write),
                held_words.eq(held),
                continues.eq(follows & (held != self._burst_words - 1)),
            ]
        with m.Elif(ends):
            m.d.sync += asks.eq(0)
        return m


EXAMPLES = (
    PartExample(MemoryWriter, buffer_words=0),
    PartExample(MemoryWriter, buffer_words=16),
)
