"""Bitstreams of FPGAs that nextpnr's wheels do not support, by LiteX's own toolchain support.

LiteX writes a project and a script for Vivado or for openXC7 along with the SoC. Here the script is
run, with the CFU and the BIOS put where it looks for them.
"""

from __future__ import annotations

__all__ = ["VendorToolchain", "find_vendor_toolchain", "vendor_bitstream"]

import dataclasses
import json
import re
import shutil
from dataclasses import dataclass
from pathlib import Path

from boards import Board
from gateware import CfuArtifact
from soc.build import HardwareBuild, build_hardware
from soc.synthesis.bitstream import Bitstream
from toolchain import ArtifactCache, PlaygroundError, Taken, Tool, ToolFailed, digest, run_measured

# By preference: LiteX's name, and the program that tells whether it is installed.
_KNOWN = (("vivado", "vivado"), ("openxc7", "nextpnr-xilinx"))
_RECORD = "record.json"
_BITSTREAM = "soc.bit"
_PROJECT = frozenset({".sh", ".tcl", ".xdc", ".ys", ".v", ".init"})
_CFU = re.compile(r"read_verilog\s+\{?\S*/Cfu\.v\}?")
_UNMET = re.compile(r"Timing constraints are not met|MHz \(FAIL at [^)]*\)")


@dataclass(frozen=True)
class VendorToolchain:
    """A toolchain that LiteX can drive.

    Attributes
    ----------
    name
        LiteX's: "vivado" or "openxc7".
    program
        Path of the program it was found by.
    """

    name: str
    program: Path

    @property
    def identity(self) -> str:
        """By which artifacts tell one installation from another."""
        return f"{self.name} at {self.program.resolve()}"


def find_vendor_toolchain() -> VendorToolchain | None:
    """Return the toolchain for Xilinx 7 that is on PATH, if one is."""
    for name, program in _KNOWN:
        found = shutil.which(program)
        if found is not None:
            return VendorToolchain(name, Path(found))
    return None


def vendor_bitstream(
    build: HardwareBuild,
    cfu: CfuArtifact,
    files: dict[str, bytes],
    toolchain: VendorToolchain,
    *,
    cache: ArtifactCache,
) -> Bitstream:
    """Return the bitstream of a SoC with a CFU, from the cache if it is there.

    Parameters
    ----------
    files
        What the Verilog fills memories from, by file name.

    Raises
    ------
    PlaygroundError
        If timing is not met.
    ToolFailed
        If the toolchain fails, with the end of what it said.
    """
    board = _for(build.board, toolchain)
    project = build_hardware(board, build.cpu, ports=build.ports, cache=cache)
    key = digest(project.digest, cfu.digest, files, toolchain.identity, Path(__file__))

    def produce(directory: Path) -> None:
        for path in project.directory.iterdir():
            if path.is_file() and path.suffix in _PROJECT:
                (directory / path.name).write_text(_relocated(path.read_text()))
        (directory / "Cfu.sv").write_text(cfu.verilog, encoding="utf-8")
        for name, content in files.items():
            (directory / name).write_bytes(content)
        shell = Tool(toolchain.name, ("bash",), toolchain.identity)
        try:
            measured = run_measured(
                shell, ["build_soc.sh"], cwd=directory, what="building the bitstream"
            )
        except ToolFailed as error:
            error.details = "\n".join((error.details or "").splitlines()[-40:])
            raise
        _require_timing(directory, measured.log, toolchain)
        if not (directory / _BITSTREAM).is_file():
            raise ToolFailed(
                f"{toolchain.name} ended without a bitstream",
                details="\n".join(measured.log.splitlines()[-40:]),
            )
        (directory / _RECORD).write_text(json.dumps(dataclasses.asdict(measured.taken)))

    directory = cache.build("vendor", key, produce)
    taken = Taken(**json.loads((directory / _RECORD).read_text()))
    return Bitstream(directory / _BITSTREAM, taken)


def _for(board: Board, toolchain: VendorToolchain) -> Board:
    """Return the board with the platform's toolchain chosen."""
    assert board.hardware is not None
    options = {**board.hardware.platform_options, "toolchain": toolchain.name}
    return dataclasses.replace(
        board, hardware=dataclasses.replace(board.hardware, platform_options=options)
    )


def _relocated(text: str) -> str:
    """Return a file of LiteX's project with the CFU, and the SoC beside it."""
    text = _CFU.sub("read_verilog -sv Cfu.sv", text)
    return re.sub(r"\{?[^\s{}]*/unfinished/hardware-\w+/(soc\w*\.\w+)\}?", r"\1", text)


def _require_timing(directory: Path, log: str, toolchain: VendorToolchain) -> None:
    report = directory / "soc_timing.rpt"
    said = report.read_text(errors="replace") if report.is_file() else log
    unmet = _UNMET.search(said)
    if unmet is not None:
        raise PlaygroundError(
            f"timing is not met, says {toolchain.name}: {unmet[0]}",
            hint="put a register into the slowest path, which the report above names, or lower "
            "the board's clock",
            details="\n".join(said.splitlines()[:200]),
        )
