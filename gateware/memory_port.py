"""The bus through which a CFU reads and writes memory by itself.

What is on the other side is LiteX's Wishbone interconnect, which CPU and CFU share:

- One transfer at a time. CPU instructions, CPU data and the CFU get the bus in turn; whoever has
  it keeps it until `cyc` falls. It then takes a cycle to change hands. A CFU that lets go for a
  cycle after 16 words keeps an instruction fetch waiting for less than 20 cycles.
- Block RAM (board `sim`'s memory) acknowledges in the cycle after a request, and then, in a burst
  of incrementing addresses, in every cycle: n words take n + 1 cycles. Without a burst a word
  takes two cycles.
- DRAM is reached through LiteX's cache. A hit takes two cycles, burst or not. SPRAM takes two
  cycles. Flash takes what its serial line takes.
- `cti` must not change between `stb` and its `ack`, and a burst goes on at the next address in the
  cycle after each `ack`, since memories look ahead.
- Addresses without a memory are acknowledged after 1,000,000 cycles, with all ones; LiteX raises
  no `err`.

The CPU's data cache takes no part in this: see `cfu::publish` and `cfu::refresh` in `cfu.h`.
"""

from __future__ import annotations

__all__ = [
    "BURST",
    "BURST_END",
    "MEMORY_PORTS",
    "MemoryModel",
    "MemoryPort",
    "SparseMemory",
]

from collections.abc import Mapping
from types import MappingProxyType
from typing import Protocol

from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

BURST = 0b010
"""`cti` of a transfer that the next address follows."""

BURST_END = 0b111
"""`cti` of the last transfer of a burst, or of a single one."""

_WORD = 0xFFFF_FFFF


class MemoryPort(wiring.Signature):
    """A Wishbone master of 32-bit words, with registered feedback (revision B4, section 4).

    Members
    -------
    cyc : `Out(1)`
        Asks for the bus, and keeps it.
    stb : `Out(1)`
        Asks for a transfer; stays high with everything else unchanged until `ack` or `err`.
    we : `Out(1)`
        Write.
    adr : `Out(30)`
        Byte address divided by four.
    dat_w : `Out(32)`
    sel : `Out(4)`
        Bytes to write, the lowest address in bit 0. All ones to read.
    cti : `Out(3)`
        `BURST` or `BURST_END`; 0 is a single transfer, too.
    bte : `Out(2)`
        0: addresses of a burst do not wrap.
    dat_r : `In(32)`
        Valid with `ack`.
    ack : `In(1)`
        The transfer is done. Means nothing while `stb` is low.
    err : `In(1)`
        The transfer failed; in place of `ack`.
    """

    def __init__(self) -> None:
        super().__init__(
            {
                "cyc": Out(1),
                "stb": Out(1),
                "we": Out(1),
                "adr": Out(30),
                "dat_w": Out(32),
                "sel": Out(4),
                "cti": Out(3),
                "bte": Out(2),
                "dat_r": In(32),
                "ack": In(1),
                "err": In(1),
            }
        )


MEMORY_PORTS = MappingProxyType(
    {
        "mem_cyc": ("output", 1),
        "mem_stb": ("output", 1),
        "mem_we": ("output", 1),
        "mem_adr": ("output", 30),
        "mem_dat_w": ("output", 32),
        "mem_sel": ("output", 4),
        "mem_cti": ("output", 3),
        "mem_bte": ("output", 2),
        "mem_dat_r": ("input", 32),
        "mem_ack": ("input", 1),
        "mem_err": ("input", 1),
    }
)
"""Direction and width in bits of the Verilog ports of a `MemoryPort` of module `Cfu`."""


class MemoryModel(Protocol):
    """Memory as the model of a CFU with a memory port sees it.

    The state that such a CFU's `initial_state` returns has one as its attribute `memory`.
    """

    def read_word(self, address: int) -> int:
        """Return the word at a byte address, a multiple of 4: 0 to 2**32 - 1."""
        ...

    def write_word(self, address: int, value: int, mask: int = 0b1111) -> None:
        """Write the bytes of a word whose bits are set in the mask, the lowest byte in bit 0."""
        ...


class SparseMemory:
    """4 GiB of which only what was written is kept.

    Words that were never written hold a fixed function of their address that looks random. So two
    of these, one beside a CFU and one beside its model, need no loading to be alike.
    """

    def __init__(self) -> None:
        self._written: dict[int, int] = {}

    @property
    def written(self) -> Mapping[int, int]:
        """The words that were written, by byte address."""
        return MappingProxyType(self._written)

    def read_word(self, address: int) -> int:
        """Return the word at a byte address.

        Raises
        ------
        ValueError
            If it is no multiple of 4 below 2**32.
        """
        _check(address)
        word = self._written.get(address)
        return _untouched(address) if word is None else word

    def write_word(self, address: int, value: int, mask: int = 0b1111) -> None:
        """Write the bytes of a word whose bits are set in the mask.

        Raises
        ------
        ValueError
            If the address is no multiple of 4 below 2**32, or the mask has more than four bits.
        """
        _check(address)
        if not 0 <= mask <= 0b1111:
            raise ValueError(f"a mask has four bits, not {mask:#x}")
        bits = sum(0xFF << 8 * lane for lane in range(4) if mask >> lane & 1)
        self._written[address] = self.read_word(address) & ~bits | value & bits


def _check(address: int) -> None:
    if address % 4 or not 0 <= address <= _WORD:
        raise ValueError(f"{address:#x} is no address of a word")


def _untouched(address: int) -> int:
    """Mix the address as the last steps of MurmurHash3 do."""
    word = (address + 0x9E37_79B9) & _WORD
    word = (word ^ word >> 16) * 0x85EB_CA6B & _WORD
    word = (word ^ word >> 13) * 0xC2B2_AE35 & _WORD
    return word ^ word >> 16
