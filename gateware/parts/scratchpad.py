"""A memory that CFU and CPU share."""

from __future__ import annotations

__all__ = ["EXAMPLES", "Scratchpad"]

from amaranth.hdl import Module, Mux, Signal
from amaranth.lib import memory, wiring
from amaranth.lib.wiring import In, Out

from gateware.part_examples import PartExample
from gateware.scratchpad_port import ScratchpadPort


class Scratchpad(wiring.Component):
    """Block RAM of 32-bit words: the CFU reads and writes in any cycle, the CPU through its bus.

    Both can read in the same cycle, for which FPGAs whose block RAM has one port to read keep
    everything twice. There is one port to write, and the CPU waits in cycles in which the CFU
    writes. Apart from that, each access of the CPU takes two cycles of the bus.

    What a read of a word gives in the cycle in which it is written is not defined.

    Parameters
    ----------
    size_bytes
        A power of two from 16 on.

    Members
    -------
    bus : `In(ScratchpadPort(size_bytes))`
    address : `In(...)`
        Of a word, counted in words.
    word : `Out(32)`
        The word at the address of the cycle before.
    mask : `In(4)`
        Bytes to write at `write_address`, the lowest address in bit 0; 0 for none.
    write_address : `In(...)`
        Of a word, counted in words.
    write_word : `In(32)`

    Raises
    ------
    ValueError
        If the size is none.
    """

    def __init__(self, size_bytes: int) -> None:
        port = ScratchpadPort(size_bytes)
        address = port.members["adr"].shape
        self._words = size_bytes // 4
        super().__init__(
            {
                "bus": In(port),
                "address": In(address),
                "word": Out(32),
                "mask": In(4),
                "write_address": In(address),
                "write_word": In(32),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.submodules.words = words = memory.Memory(shape=32, depth=self._words, init=())
        write = words.write_port(granularity=8)
        for_bus, for_cfu = words.read_port(), words.read_port()
        bus, writes = self.bus, self.mask != 0
        asks = Signal()
        m.d.comb += [
            asks.eq(bus.cyc & bus.stb & ~bus.ack),
            for_cfu.addr.eq(self.address),
            self.word.eq(for_cfu.data),
            for_bus.addr.eq(bus.adr),
            bus.dat_r.eq(for_bus.data),
            write.addr.eq(Mux(writes, self.write_address, bus.adr)),
            write.data.eq(Mux(writes, self.write_word, bus.dat_w)),
            write.en.eq(Mux(writes, self.mask, Mux(asks & bus.we, bus.sel, 0))),
        ]
        m.d.sync += bus.ack.eq(asks & ~(bus.we & writes))
        return m


EXAMPLES = (PartExample(Scratchpad, size_bytes=4096),)
