"""CPU variants: VexRiscv's Verilog and what the rest of the flow must know of it."""

from __future__ import annotations

__all__ = ["CpuVariant", "cpu_names", "find_cpu"]

from dataclasses import dataclass
from pathlib import Path

from soc.vexriscv import COMPLETE_CORE, CpuOptions, write_core
from toolchain import ArtifactCache, declaration, declarations, digest, wheel_directory

_GENERATOR = Path(__file__).with_name("vexriscv")


@dataclass(frozen=True)
class CpuVariant:
    """One configuration of VexRiscv with a CFU port.

    Attributes
    ----------
    name
        By which `find_cpu` finds it.
    options
        What it is made of.
    """

    name: str
    summary: str
    options: CpuOptions

    @property
    def isa(self) -> str:
        """Instruction set as compilers name it, "rv32im"."""
        return self.options.isa

    @property
    def instruction_cache_bytes(self) -> int:
        return self.options.instruction_cache

    @property
    def data_cache_bytes(self) -> int:
        """0 when there is none."""
        return self.options.data_cache

    @property
    def cache_line_bytes(self) -> int:
        """Line length of both caches."""
        return self.options.cache_line

    @property
    def exceptions(self) -> bool:
        """Whether illegal instructions and misaligned addresses are trapped."""
        return self.options.exceptions

    @property
    def cfu_enable(self) -> bool:
        """Whether CFU instructions are illegal until bit 31 of CSR 0xBC0 is set."""
        return self.options.cfu_enable

    @property
    def counts_instructions(self) -> bool:
        """Whether `minstret` counts; if not, it reads 0."""
        return self.options.counts_instructions

    def verilog_file(self, cache: ArtifactCache) -> Path:
        """Return the Verilog file that defines module `VexRiscv`, written if it is not there yet.

        Raises
        ------
        ToolMissing
            If the wheel with VexRiscv is not installed, or another version of it.
        """
        complete = wheel_directory("pythondata_cpu_vexriscv") / "verilog" / COMPLETE_CORE
        key = digest(self.options, complete, sorted(_GENERATOR.glob("*.py")))

        def produce(directory: Path) -> None:
            (directory / "VexRiscv.v").write_text(write_core(self.options))

        return cache.build("cpu", key, produce) / "VexRiscv.v"


def cpu_names() -> tuple[str, ...]:
    """Return the names of the CPU variants, sorted."""
    return tuple(sorted(declarations("soc.cpus", "CPU", CpuVariant)))


def find_cpu(reference: str) -> CpuVariant:
    """Return a CPU variant.

    Parameters
    ----------
    reference
        The name of one of `cpu_names`, and after a colon the options in which it shall differ:
        "up5k:data_cache=1024,shifter=iterative".

    Raises
    ------
    PlaygroundError
        If there is no such variant or option, or no such combination is possible.
    """
    name, colon, changes = reference.partition(":")
    base = declaration("soc.cpus", "CPU", CpuVariant, name, noun="CPU variant")
    if not colon:
        return base
    options = base.options.changed(changes)
    differences = options.text(base.options)
    if not differences:
        return base
    return CpuVariant(f"{name}:{differences}", f"`{name}` with {differences}", options)
