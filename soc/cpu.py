"""CPU variants: VexRiscv's Verilog and what the rest of the flow must know of it."""

from __future__ import annotations

__all__ = ["CpuVariant", "cpu_names", "find_cpu"]

from dataclasses import dataclass
from pathlib import Path

from toolchain import ArtifactCache, declaration, declarations, wheel_directory


@dataclass(frozen=True)
class CpuVariant:
    """One configuration of VexRiscv with a CFU port.

    Attributes
    ----------
    verilog
        Name of the Verilog file in the `pythondata-cpu-vexriscv` wheel; it defines module
        `VexRiscv`.
    isa
        Instruction set as compilers name it, "rv32im".
    instruction_cache_bytes, data_cache_bytes
        0 when there is none.
    cache_line_bytes
        Line length of both caches.
    exceptions
        Whether illegal instructions, misaligned addresses and bus errors are trapped.
    cfu_enable
        Whether CFU instructions are illegal until bit 31 of CSR 0xBC0 is set.
    counts_instructions
        Whether there is a counter of retired instructions, `minstret`.
    """

    name: str
    summary: str
    verilog: str
    isa: str
    instruction_cache_bytes: int
    data_cache_bytes: int
    cache_line_bytes: int
    exceptions: bool
    cfu_enable: bool
    counts_instructions: bool

    def verilog_file(self, cache: ArtifactCache) -> Path:
        """Return the Verilog file that defines module `VexRiscv`.

        Raises
        ------
        ToolMissing
            If the wheel is not installed.
        """
        return wheel_directory("pythondata_cpu_vexriscv") / "verilog" / self.verilog


def cpu_names() -> tuple[str, ...]:
    """Return the names of the CPU variants, sorted."""
    return tuple(sorted(declarations("soc.cpus", "CPU", CpuVariant)))


def find_cpu(name: str) -> CpuVariant:
    """Return a CPU variant by its name.

    Raises
    ------
    PlaygroundError
        If there is no such variant.
    """
    return declaration("soc.cpus", "CPU", CpuVariant, name, noun="CPU variant")
