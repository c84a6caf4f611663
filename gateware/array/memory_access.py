"""How an array engine reaches main memory."""

from __future__ import annotations

__all__ = ["MemoryAccess"]

from amaranth.hdl import Module, Mux, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from gateware.array.finisher import ResultWord
from gateware.memory_port import MemoryPort
from gateware.parts.memory_arbiter import MemoryArbiter
from gateware.parts.memory_reader import MemoryReader
from gateware.parts.memory_writer import MemoryWriter


class MemoryAccess(wiring.Component):
    """Fetch blocks of bytes as whole words, and store words in equal pieces.

    Parameters
    ----------
    count_bits
        Width of the number of bytes to fetch.

    Members
    -------
    memory : `Out(MemoryPort())`
    fetches : `In(1)`
        Fetch the words that `count` bytes from `address` on are in. Not while words come.
    address : `In(32)`
    count : `In(count_bits)`
    word : `Out(32)`
    word_valid : `Out(1)`
        Whether `word` is the next one, in this cycle.
    begins : `In(1)`
        Store from `store_address` on.
    store_address : `In(32)`
    store_words : `In(16)`
        How many words follow each other before the next ones lie `store_step` bytes further than
        they did.
    store_step : `In(24)`
    result : `In(ResultWord)`
    result_valid : `In(1)`
    result_ready : `Out(1)`
    stores_are_done : `Out(1)`
        All words taken are in memory.
    """

    def __init__(self, count_bits: int) -> None:
        super().__init__(
            {
                "memory": Out(MemoryPort()),
                "fetches": In(1),
                "address": In(32),
                "count": In(count_bits),
                "word": Out(32),
                "word_valid": Out(1),
                "begins": In(1),
                "store_address": In(32),
                "store_words": In(16),
                "store_step": In(24),
                "result": In(ResultWord),
                "result_valid": In(1),
                "result_ready": Out(1),
                "stores_are_done": Out(1),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.submodules.arbiter = arbiter = MemoryArbiter(2)
        # Words are taken when they come, and results wait in the engine's queue.
        m.submodules.reader = reader = MemoryReader(buffer_words=0)
        m.submodules.writer = writer = MemoryWriter(buffer_words=0)
        wiring.connect(m, reader.memory, arbiter.parts[0])
        wiring.connect(m, writer.memory, arbiter.parts[1])
        wiring.connect(m, arbiter.memory, wiring.flipped(self.memory))

        m.d.comb += [
            reader.command.valid.eq(self.fetches),
            reader.command.payload.address.eq(self.address),
            reader.command.payload.words.eq((self.count + self.address[:2] + 3) >> 2),
            reader.words.ready.eq(1),
            self.word.eq(reader.words.payload),
            self.word_valid.eq(reader.words.valid),
        ]

        address, piece, left = Signal(32), Signal(32), Signal(16)
        is_last = left == 1
        following = Signal(32)
        m.d.comb += [
            following.eq(Mux(is_last, piece + self.store_step, address + 4)),
            writer.writes.valid.eq(self.result_valid),
            writer.writes.payload.address.eq(address),
            writer.writes.payload.data.eq(self.result.data),
            writer.writes.payload.mask.eq(self.result.mask),
            self.result_ready.eq(writer.writes.ready),
            self.stores_are_done.eq(writer.is_idle),
        ]
        with m.If(self.result_valid & self.result_ready):
            m.d.sync += [address.eq(following), left.eq(left - 1)]
            with m.If(is_last):
                m.d.sync += [piece.eq(following), left.eq(self.store_words)]
        with m.If(self.begins):
            m.d.sync += [
                address.eq(self.store_address),
                piece.eq(self.store_address),
                left.eq(self.store_words),
            ]
        return m
