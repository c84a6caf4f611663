"""Putting a board's memories on the bus of a LiteX SoC, one file per kind.

Only the program `soc.litex_soc` imports this, since it imports LiteX.
"""

from __future__ import annotations

__all__ = ["MEMORY_KINDS", "AddMemory"]

from collections.abc import Mapping
from typing import Protocol

from litex.soc.integration.soc_core import SoCCore

from boards import BlockRam, Dram, Memory, Rom, SpiFlash, Spram
from soc.memories.block_ram import add_block_ram, add_rom
from soc.memories.dram import add_dram
from soc.memories.spi_flash import add_spi_flash
from soc.memories.spram import add_spram
from soc.storage import Storage


class AddMemory(Protocol):
    """Adds a memory to a SoC."""

    def __call__(self, soc: SoCCore, memory: Memory, *, simulated: bool) -> Storage | None:
        """Put the memory on the bus.

        Parameters
        ----------
        simulated
            Whether parts outside the FPGA are to be modelled inside the SoC.

        Returns
        -------
        Storage
            Of a simulated memory; `None` of a real one.
        """


MEMORY_KINDS: Mapping[type[Memory], AddMemory] = {
    BlockRam: add_block_ram,
    Rom: add_rom,
    Spram: add_spram,
    SpiFlash: add_spi_flash,
    Dram: add_dram,
}
