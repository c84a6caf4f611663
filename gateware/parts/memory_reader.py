"""Reading a block of memory as a stream of words."""

from __future__ import annotations

__all__ = ["EXAMPLES", "MemoryReader", "ReadRequest"]

from amaranth.hdl import Module, Mux, Signal, ValueLike
from amaranth.lib import data, stream, wiring
from amaranth.lib.fifo import SyncFIFOBuffered
from amaranth.lib.wiring import In, Out

from gateware.memory_port import BURST, BURST_END, MemoryPort
from gateware.part_examples import PartExample

ReadRequest = data.StructLayout({"address": 32, "words": 24})
"""Byte address of the first word, whose two lowest bits are ignored, and how many to read."""


class MemoryReader(wiring.Component):
    """Fetch consecutive words in bursts, as far ahead as the buffer has room.

    The first request is on the bus in the cycle after the command was taken, and the next address
    in the cycle after each `ack`: the reader asks for no cycle that the memory does not ask for,
    except one of silence after each burst, in which others get the bus. From memory that bursts,
    16 words take 18 cycles. A word is in `words` three cycles after its `ack`, or one cycle if
    there is no buffer.

    A burst begins only when all of it has room, so that the bus never waits for whoever takes the
    words. A failed transfer counts as one whose word is undefined.

    Parameters
    ----------
    burst_words
        Words until others get the bus.
    buffer_words
        Words that may be fetched ahead; at least `burst_words`, or 0 for no buffer. Without one,
        `words.ready` must be high whenever a word may come: it is not looked at.

    Members
    -------
    command : `In(stream.Signature(ReadRequest))`
        Taken when the words of the last one are all acknowledged. 0 words are none.
    words : `Out(stream.Signature(32))`
    memory : `Out(MemoryPort())`
    is_idle : `Out(1)`
        All words of all commands taken so far have left.
    has_failed : `Out(1)`
        The bus reported an error at some time since reset.

    Raises
    ------
    ValueError
        If a burst does not fit the buffer.
    """

    def __init__(self, *, burst_words: int = 16, buffer_words: int = 32) -> None:
        if burst_words < 1 or 0 < buffer_words < burst_words or buffer_words < 0:
            raise ValueError(f"a buffer of {buffer_words} has no room for {burst_words} words")
        self._burst_words = burst_words
        self._buffer_words = buffer_words
        super().__init__(
            {
                "command": In(stream.Signature(ReadRequest)),
                "words": Out(stream.Signature(32)),
                "memory": Out(MemoryPort()),
                "is_idle": Out(1),
                "has_failed": Out(1),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        bus, command = self.memory, self.command
        asks, address, is_last = Signal(), Signal(30), Signal()
        remaining = Signal(24)  # words that are not acknowledged
        in_burst = Signal(range(self._burst_words))  # of them, after this one, in this burst
        has_room, is_drained, arrives = Signal(), Signal(), Signal()
        m.d.comb += [
            bus.cyc.eq(asks),
            bus.stb.eq(asks),
            bus.adr.eq(address),
            bus.sel.eq(0b1111),
            bus.cti.eq(Mux(is_last, BURST_END, BURST)),
            arrives.eq(asks & (bus.ack | bus.err)),
            command.ready.eq(remaining == 0),
            self.is_idle.eq((remaining == 0) & is_drained),
        ]
        with m.If(asks & bus.err):
            m.d.sync += self.has_failed.eq(1)

        def begin_burst(words: ValueLike) -> list[object]:
            return [
                asks.eq(has_room),
                is_last.eq((words == 1) | (self._burst_words == 1)),
                in_burst.eq(self._burst_words - 1),
            ]

        with m.If(arrives):
            m.d.sync += [
                address.eq(address + 1),
                remaining.eq(remaining - 1),
                in_burst.eq(in_burst - 1),
                is_last.eq((remaining == 2) | (in_burst == 1)),
                asks.eq(~is_last),
            ]
        with m.Elif(~asks & (remaining != 0)):
            m.d.sync += begin_burst(remaining)
        with m.Elif(~asks & command.valid & (command.payload.words != 0)):
            m.d.sync += [
                address.eq(command.payload.address[2:]),
                remaining.eq(command.payload.words),
                *begin_burst(command.payload.words),
            ]

        # The path from memory is long: it ends in registers.
        arrived, word = Signal(), Signal(32)
        m.d.sync += [arrived.eq(arrives), word.eq(bus.dat_r)]
        if self._buffer_words == 0:
            m.d.comb += [
                has_room.eq(1),
                is_drained.eq(~arrived),
                self.words.valid.eq(arrived),
                self.words.payload.eq(word),
            ]
        else:
            buffer = SyncFIFOBuffered(width=32, depth=self._buffer_words)
            m.submodules.buffer = buffer
            m.d.comb += [
                has_room.eq(buffer.level + arrived <= self._buffer_words - self._burst_words),
                is_drained.eq((buffer.level == 0) & ~arrived),
                buffer.w_en.eq(arrived),
                buffer.w_data.eq(word),
                self.words.valid.eq(buffer.r_rdy),
                self.words.payload.eq(buffer.r_data),
                buffer.r_en.eq(self.words.ready),
            ]
        return m


EXAMPLES = (
    PartExample(MemoryReader, buffer_words=0),
    PartExample(MemoryReader, buffer_words=32),
)
