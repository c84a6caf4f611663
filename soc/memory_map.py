"""Where things are in a SoC's address space, read from LiteX's `csr.json`."""

from __future__ import annotations

__all__ = ["MemoryMap", "Region"]

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path


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
    program_memory
        Name of the memory that holds code, data and arena.
    reset_address
        Where the CPU starts.
    clock_hz
        Of the CPU and its counters.
    """

    memories: Mapping[str, Region]
    registers: Mapping[str, int]
    program_memory: str
    reset_address: int
    clock_hz: int

    @property
    def program_region(self) -> Region:
        return self.memories[self.program_memory]

    @classmethod
    def from_csr_json(cls, path: Path, *, program_memory: str) -> MemoryMap:
        """Read the file that LiteX wrote for a SoC."""
        content = json.loads(path.read_text())
        memories = {
            name: Region(memory["base"], memory["size"])
            for name, memory in content["memories"].items()
        }
        return cls(
            memories=memories,
            registers={n: register["addr"] for n, register in content["csr_registers"].items()},
            program_memory=program_memory,
            reset_address=content["constants"]["config_cpu_reset_addr"],
            clock_hz=content["constants"]["config_clock_frequency"],
        )
