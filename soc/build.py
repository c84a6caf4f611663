"""Building a SoC into the artifact cache."""

from __future__ import annotations

__all__ = ["SocBuild", "build_soc"]

import sys
from dataclasses import dataclass
from pathlib import Path

from boards import Board
from soc.cpu import CpuVariant
from soc.memory_map import MemoryMap
from soc.storage import Storage
from toolchain import ArtifactCache, Tool, digest, run_tool, wheel_version

_GENERATOR = Path(__file__).with_name("litex_soc.py")


@dataclass(frozen=True)
class SocBuild:
    """A SoC without its CFU.

    Attributes
    ----------
    verilog
        Files that define modules `soc` (the top level) and `VexRiscv`.
    storage
        The arrays of the Verilog that hold the memories' bytes, for a test bench.
    digest
        Of everything the SoC was built from.
    """

    board: Board
    cpu: CpuVariant
    verilog: tuple[Path, ...]
    memory_map: MemoryMap
    storage: tuple[Storage, ...]
    digest: str


def build_soc(board: Board, cpu: CpuVariant, *, cache: ArtifactCache) -> SocBuild:
    """Return the SoC of a board and a CPU variant, built if it is not in the cache.

    Raises
    ------
    ToolFailed
        If LiteX does not accept the combination, with what it says.
    """
    litex = Tool("LiteX", (sys.executable, "-m"), wheel_version("litex"))
    cpu_verilog = cpu.verilog_file(cache)
    key = digest(board, cpu, cpu_verilog, litex.identity, wheel_version("migen"), _GENERATOR)

    def produce(directory: Path) -> None:
        run_tool(
            litex,
            ["soc.litex_soc", board.name, cpu_verilog, directory],
            cwd=Path(__file__).parents[1],
            what=f"building the SoC of board `{board.name}`",
        )

    directory = cache.build("soc", key, produce)
    return SocBuild(
        board=board,
        cpu=cpu,
        verilog=(directory / "soc.v", cpu_verilog),
        memory_map=MemoryMap.from_csr_json(
            directory / "csr.json", program_memory=board.program_memory
        ),
        storage=tuple(Storage.plain(m.name, m.origin, m.bytes) for m in board.memories),
        digest=key,
    )
