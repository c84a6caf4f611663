"""Block RAM, and block RAM that holds the BIOS."""

from __future__ import annotations

__all__ = ["add_block_ram", "add_rom"]

from litex.soc.integration.soc_core import SoCCore

from boards import Memory
from soc.storage import Storage


def add_block_ram(soc: SoCCore, memory: Memory, *, simulated: bool) -> Storage | None:
    """Add RAM without content."""
    soc.add_ram(memory.name, memory.origin, memory.bytes)
    # Without this LiteX emits a `$readmemh` of a file.
    getattr(soc, memory.name).mem.init = None
    return Storage.plain(memory.name, memory.origin, memory.bytes) if simulated else None


def add_rom(soc: SoCCore, memory: Memory, *, simulated: bool) -> Storage | None:
    """Add ROM; in hardware, its content is read from `soc_rom.init` when it is synthesized."""
    soc.add_rom(memory.name, memory.origin, memory.bytes)
    getattr(soc, memory.name).mem.init = None if simulated else [0] * (memory.bytes // 4)
    return Storage.plain(memory.name, memory.origin, memory.bytes) if simulated else None
