"""Building a SoC into the artifact cache."""

from __future__ import annotations

__all__ = ["HardwareBuild", "SocBuild", "build_hardware", "build_soc", "hardware_digest"]

import json
import pickle
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from boards import Board
from gateware.memory_port import MEMORY_PORTS
from gateware.scratchpad_port import SCRATCHPAD_ORIGIN, scratchpad_ports
from gateware.spec import CfuPorts
from soc.cpu import CpuVariant
from soc.memory_map import MemoryMap
from soc.order import SocOrder
from soc.storage import Storage
from toolchain import ArtifactCache, PlaygroundError, Tool, digest, run_tool, wheel_version

_HERE = Path(__file__).parent
_PACKAGES = ("litex", "migen", "litedram", "litespi", "litex-boards")
# Of this package, what the program that writes a SoC has no part in.
_NO_GENERATORS = {"__init__.py", "bios.py", "build.py", "cpu.py", "memory_map.py"}
_NO_PORTS = CfuPorts()
_ANY_BYTES = 1024
_CONSTRAINTS = ("soc.pcf", "soc.lpf", "soc.xdc")


@dataclass(frozen=True)
class SocBuild:
    """A SoC for the simulator, without its CFU.

    Attributes
    ----------
    ports
        Of the CFU that it is for.
    verilog
        Files that define modules `soc` (the top level), `VexRiscv` and models of other parts.
    storage
        Where the simulated memories hold their bytes.
    software
        Headers that LiteX's BIOS is compiled with, if the board has one.
    csr_json
        LiteX's description of the SoC.
    digest
        Of everything the SoC was built from.
    """

    board: Board
    cpu: CpuVariant
    ports: CfuPorts
    verilog: tuple[Path, ...]
    memory_map: MemoryMap
    storage: tuple[Storage, ...]
    software: Path | None
    csr_json: Path
    digest: str


@dataclass(frozen=True)
class HardwareBuild:
    """A SoC for a board's FPGA, without its CFU.

    Attributes
    ----------
    ports
        Of the CFU that it is for.
    verilog
        Files that define modules `soc` (the top level) and `VexRiscv`.
    rom_init
        File name that `soc.v` reads the BIOS from, a word in hexadecimal per line; `None` for a
        board without BIOS.
    constraints
        Pins and clocks as the device's tools take them: .pcf, .lpf or .xdc.
    device
        LiteX's name of the FPGA, such as "ice40-up5k-sg48".
    clocks
        Frequency of each constrained net, Hz.
    software
        Headers that LiteX's BIOS is compiled with, if the board has one.
    directory
        Where all of this is.
    digest
        Of everything the SoC was built from.
    """

    board: Board
    cpu: CpuVariant
    ports: CfuPorts
    verilog: tuple[Path, ...]
    rom_init: str | None
    constraints: Path
    device: str
    clocks: Mapping[str, int]
    memory_map: MemoryMap
    software: Path | None
    directory: Path
    digest: str


def build_soc(
    board: Board, cpu: CpuVariant, *, ports: CfuPorts = _NO_PORTS, cache: ArtifactCache
) -> SocBuild:
    """Return the SoC of a board and a CPU variant for the simulator, from the cache if it is there.

    Parameters
    ----------
    ports
        Of the CFU that it is for.

    Raises
    ------
    ToolFailed
        If LiteX does not accept the combination, with what it says.
    """
    directory, key = _build(board, cpu, ports, simulated=True, cache=cache)
    return SocBuild(
        board=board,
        cpu=cpu,
        ports=ports,
        verilog=(directory / "soc.v", directory / "models.v", cpu.verilog_file(cache)),
        memory_map=MemoryMap.from_csr_json(directory / "csr.json", board),
        storage=tuple(
            Storage.from_json(storage)
            for storage in json.loads((directory / "storage.json").read_text())
        ),
        software=directory / "software" if board.has_bios else None,
        csr_json=directory / "csr.json",
        digest=key,
    )


def build_hardware(
    board: Board, cpu: CpuVariant, *, ports: CfuPorts = _NO_PORTS, cache: ArtifactCache
) -> HardwareBuild:
    """Return the SoC of a board and a CPU variant for the board's FPGA.

    Parameters
    ----------
    ports
        Of the CFU that it is for.

    Raises
    ------
    PlaygroundError
        If the board exists in simulation only, or its BIOS cannot run on the CPU.
    ToolFailed
        If LiteX does not accept the combination, with what it says.
    """
    if board.hardware is None:
        raise PlaygroundError(
            f"board `{board.name}` exists in simulation only",
            hint="`cfu list boards` shows those that have an FPGA",
        )
    if board.has_bios and not (cpu.options.interrupts and cpu.options.exceptions):
        raise PlaygroundError(
            f"CPU `{cpu.name}` cannot run LiteX's BIOS, with which board `{board.name}` starts",
            hint="the BIOS needs interrupts and exceptions: `full`, `perf` and `slim` have them",
        )
    directory, key = _build(board, cpu, ports, simulated=False, cache=cache)
    target = json.loads((directory / "target.json").read_text())
    return HardwareBuild(
        board=board,
        cpu=cpu,
        ports=ports,
        verilog=(directory / "soc.v", cpu.verilog_file(cache)),
        rom_init="soc_rom.init" if board.has_bios else None,
        constraints=next(p for name in _CONSTRAINTS if (p := directory / name).is_file()),
        device=target["device"],
        clocks=target["clocks"],
        memory_map=MemoryMap.from_csr_json(directory / "csr.json", board),
        software=directory / "software" if board.has_bios else None,
        directory=directory,
        digest=key,
    )


def hardware_digest(
    board: Board, cpu: CpuVariant, *, ports: CfuPorts = _NO_PORTS, cache: ArtifactCache
) -> str:
    """Return the digest that `build_hardware` gives a SoC, without building more than its CPU."""
    return _key(SocOrder(board, cpu.verilog_file(cache), simulated=False, ports=ports))


def _key(order: SocOrder) -> str:
    generators = [
        *(p for p in _HERE.glob("*.py") if p.name not in _NO_GENERATORS),
        *(p for p in (_HERE / "memories").glob("*") if p.is_file()),
        *(_HERE.parent / "boards" / name for name in ("board.py", "memories.py")),
    ]
    return digest(
        order,
        MEMORY_PORTS,
        SCRATCHPAD_ORIGIN,
        scratchpad_ports(_ANY_BYTES),
        [f"{package} {wheel_version(package)}" for package in _PACKAGES],
        sorted(generators),
    )


def _build(
    board: Board, cpu: CpuVariant, ports: CfuPorts, *, simulated: bool, cache: ArtifactCache
) -> tuple[Path, str]:
    litex = Tool("LiteX", (sys.executable, "-m"), wheel_version("litex"))
    order = SocOrder(board, cpu.verilog_file(cache), simulated=simulated, ports=ports)

    def produce(directory: Path) -> None:
        written = directory / "order"
        written.write_bytes(pickle.dumps(order))
        run_tool(
            litex,
            ["soc.litex_soc", written, directory],
            cwd=_HERE.parent,
            what=f"building the SoC of board `{board.name}`",
        )
        written.unlink()

    built = cache.build("soc" if simulated else "hardware", lambda: _key(order), produce)
    return built, built.name
