"""The bus through which the CPU reads and writes a memory inside a CFU.

It is a slave of LiteX's Wishbone interconnect, at addresses that the CPU's data cache leaves alone.
A store waits in the CPU's queue for the bus, so `cfu::publish` comes before the instruction of the
CFU that is to see it; a load is answered before the next instruction begins.
"""

from __future__ import annotations

__all__ = ["SCRATCHPAD_ORIGIN", "ScratchpadPort", "check_scratchpad_bytes", "scratchpad_ports"]

from collections.abc import Mapping

from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

SCRATCHPAD_ORIGIN = 0x8000_0000
"""Byte address for the CPU, and for a CFU's own memory port."""

_LEAST_BYTES, _MOST_BYTES = 16, 1 << 20


class ScratchpadPort(wiring.Signature):
    """The bus as the CPU sees it: 32-bit words, no bursts.

    Parameters
    ----------
    size_bytes
        A power of two from 16 on.

    Members
    -------
    cyc, stb : `Out(1)`
        Both are high until `ack` for a transfer.
    we : `Out(1)`
    adr : `Out(...)`
        Byte address from the scratchpad's beginning, divided by four.
    dat_w : `Out(32)`
    sel : `Out(4)`
        Bytes to write, the lowest address in bit 0.
    dat_r : `In(32)`
        Valid with `ack`.
    ack : `In(1)`

    Raises
    ------
    ValueError
        If the size is none.
    """

    def __init__(self, size_bytes: int) -> None:
        check_scratchpad_bytes(size_bytes)
        super().__init__(
            {
                name.removeprefix("pad_"): (Out if way == "input" else In)(width)
                for name, (way, width) in scratchpad_ports(size_bytes).items()
            }
        )


def check_scratchpad_bytes(size_bytes: int) -> None:
    """Raise ValueError if no scratchpad can have that size."""
    if size_bytes & size_bytes - 1 or not _LEAST_BYTES <= size_bytes <= _MOST_BYTES:
        raise ValueError(
            f"a scratchpad of {size_bytes} bytes is none: a power of two from {_LEAST_BYTES} to "
            f"{_MOST_BYTES:,} is"
        )


def scratchpad_ports(size_bytes: int) -> Mapping[str, tuple[str, int]]:
    """Return direction and width in bits of the ports that a scratchpad gives module `Cfu`."""
    return {
        "pad_cyc": ("input", 1),
        "pad_stb": ("input", 1),
        "pad_we": ("input", 1),
        "pad_adr": ("input", (size_bytes // 4 - 1).bit_length()),
        "pad_dat_w": ("input", 32),
        "pad_sel": ("input", 4),
        "pad_dat_r": ("output", 32),
        "pad_ack": ("output", 1),
    }
