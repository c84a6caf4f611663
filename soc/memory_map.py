"""Where things are in a SoC's address space, read from LiteX's `csr.json`."""

from __future__ import annotations

__all__ = ["MemoryMap", "Region"]

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from boards import Board


@dataclass(frozen=True)
class Region:
    """A range of byte addresses."""

    origin: int
    bytes: int


@dataclass(frozen=True)
class MemoryMap:
    """The software's view of a SoC.

    Attributes
    ----------
    memories
        Memory regions by LiteX's name.
    registers
        Byte address of each control and status register, "uart_rxtx".
    load_memory
        Name of the memory that a firmware image is put into.
    load_address
        Where in it the image begins and execution starts.
    work_memory
        Name of the memory for variables, arena and stack.
    writable
        Names of the memories that the CPU can store to.
    reset_address
        Where the CPU starts: at `load_address` or in the BIOS, which goes there in the end.
    clock_hz
        Of the CPU and its counters.
    """

    memories: Mapping[str, Region]
    registers: Mapping[str, int]
    load_memory: str
    load_address: int
    work_memory: str
    writable: frozenset[str]
    reset_address: int
    clock_hz: int

    @property
    def work_region(self) -> Region:
        """Where variables, arena and stack are."""
        return self.memories[self.work_memory]

    @property
    def load_bytes(self) -> int:
        """Bytes from `load_address` to the end of its memory."""
        region = self.memories[self.load_memory]
        return region.origin + region.bytes - self.load_address

    @classmethod
    def from_csr_json(cls, path: Path, board: Board) -> MemoryMap:
        """Read the file that LiteX wrote for a board's SoC."""
        content = json.loads(path.read_text())
        memories = {
            name: Region(memory["base"], memory["size"])
            for name, memory in content["memories"].items()
        }
        return cls(
            memories=memories,
            registers={n: register["addr"] for n, register in content["csr_registers"].items()},
            load_memory=board.load_memory,
            load_address=memories[board.load_memory].origin + board.load_offset,
            work_memory=board.work_memory,
            writable=frozenset(memory.name for memory in board.memories if memory.is_writable),
            reset_address=content["constants"]["config_cpu_reset_addr"],
            clock_hz=content["constants"]["config_clock_frequency"],
        )
