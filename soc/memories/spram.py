"""The single-port RAM of iCE40 UltraPlus FPGAs."""

from __future__ import annotations

__all__ = ["add_spram"]

from pathlib import Path

from litex.soc.cores.ram import Up5kSPRAM
from litex.soc.integration.soc import SoCRegion
from litex.soc.integration.soc_core import SoCCore

from boards import Memory
from soc.storage import Storage, VerilogArray

_CELL = "SB_SPRAM256KA"
_CELL_BYTES = 32 << 10
_CELLS_IN_A_WORD = 2
_MODEL = Path(__file__).with_name("spram.v")


def add_spram(soc: SoCCore, memory: Memory, *, simulated: bool) -> Storage | None:
    """Add two or four SPRAM cells; when simulated, with a model of the cell."""
    spram = Up5kSPRAM(size=memory.bytes)
    soc.add_module(name=memory.name, module=spram)
    soc.bus.add_slave(
        memory.name, spram.bus, SoCRegion(origin=memory.origin, size=memory.bytes, mode="rwx")
    )
    if not simulated:
        return None
    soc.platform.add_model(_MODEL)
    # LiteX numbers instances of a module in the order in which they are made.
    cells = [
        VerilogArray("storage", module=_CELL, instance=_CELL if i == 0 else f"{_CELL}_{i}")
        for i in range(memory.bytes // _CELL_BYTES)
    ]
    banks = tuple(
        tuple(cells[i : i + _CELLS_IN_A_WORD]) for i in range(0, len(cells), _CELLS_IN_A_WORD)
    )
    return Storage(
        name=memory.name,
        origin=memory.origin,
        bytes=memory.bytes,
        banks=banks,
        element_bytes=2,
        stripe_bytes=_CELLS_IN_A_WORD * _CELL_BYTES,
    )
