"""Memory of which any four neighbouring bytes can be read or written at once."""

from __future__ import annotations

__all__ = ["EXAMPLES", "ByteBuffer"]

from amaranth.hdl import Cat, Module, Mux, Signal, Value
from amaranth.lib import memory, wiring
from amaranth.lib.wiring import In, Out

from gateware.part_examples import PartExample

_LANES = 4


class ByteBuffer(wiring.Component):
    """Block RAM in two banks of words, even and odd, which together hold any four bytes in a row.

    A write and a read in each cycle. What a read gives of bytes written in the same cycle is
    undefined. Addresses wrap.

    Parameters
    ----------
    size
        In bytes, a power of two from 16 on.

    Members
    -------
    write_address : `In(range(size))`
        Of the byte in `write_data[:8]`.
    write_data : `In(32)`
    write_mask : `In(4)`
        Which of the four bytes are written.
    read_address : `In(range(size))`
    read_data : `Out(32)`
        The four bytes from the address of two cycles before on, the first in the lowest bits.
    """

    def __init__(self, size: int) -> None:
        if size < 16 or size & (size - 1):
            raise ValueError(f"size must be a power of two from 16 on, not {size}")
        self._size = size
        super().__init__(
            {
                "write_address": In(range(size)),
                "write_data": In(32),
                "write_mask": In(_LANES),
                "read_address": In(range(size)),
                "read_data": Out(32),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        ports = []
        for name in ("even", "odd"):
            bank = memory.Memory(shape=32, depth=self._size // 8, init=[], attrs={"no_rw_check": 1})
            m.submodules[name] = bank
            ports.append((bank.write_port(granularity=8), bank.read_port()))

        # A word of an address's is in one bank, the next word in the other.
        shift = self.write_address[:2]
        is_odd = self.write_address[2]
        rotated, mask = Signal(32), Signal(2 * _LANES)
        m.d.comb += mask.eq(self.write_mask << shift)
        with m.Switch(shift):
            for lanes in range(_LANES):
                with m.Case(lanes):
                    m.d.comb += rotated.eq(self.write_data.rotate_left(8 * lanes))
        halves = mask[:_LANES], mask[_LANES:]
        for parity, (write, read) in enumerate(ports):
            # The even bank is one further if the word of the address is in the odd one.
            ahead = 1 - parity
            m.d.comb += [
                write.addr.eq(self.write_address[3:] + (is_odd & ahead)),
                write.data.eq(rotated),
                write.en.eq(Mux(is_odd == parity, halves[0], halves[1])),
                read.addr.eq(self.read_address[3:] + (self.read_address[2] & ahead)),
            ]

        read_shift = Signal(3)
        m.d.sync += read_shift.eq(self.read_address[:3])
        even, odd = ports[0][1].data, ports[1][1].data
        picked: list[Value] = []
        for lane in range(_LANES):
            # Lanes in front of the first byte are those of the next word.
            is_next = read_shift[:2] > lane
            takes_odd = read_shift[2] ^ is_next
            picked.append(Mux(takes_odd, odd.word_select(lane, 8), even.word_select(lane, 8)))
        chosen = Signal(32)
        m.d.comb += chosen.eq(Cat(picked))
        with m.Switch(read_shift[:2]):
            for count in range(_LANES):
                with m.Case(count):
                    m.d.sync += self.read_data.eq(chosen.rotate_right(8 * count))
        return m


EXAMPLES = tuple(PartExample(ByteBuffer, size=size) for size in (2048, 16384))
