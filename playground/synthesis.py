"""From names to a synthesized design: the flow of `cfu synth`."""

from __future__ import annotations

__all__ = ["HardwareDesign", "resolve_hardware", "synthesize_design", "with_synthesis"]

from dataclasses import dataclass
from pathlib import Path

import boards
from boards import find_board
from gateware import load_cfu
from playground.design import NO_CFU, Design
from playground.names import unknown_name
from playground.progress import Progress
from playground.project import load_project
from playground.resolve import known_cpu
from profiles import Profile
from soc import build_hardware, find_cpu
from soc.bios import build_bios
from soc.build import hardware_digest
from soc.synthesis import (
    SynthReport,
    board_device,
    recall_report,
    remember_report,
    synthesize,
    synthesize_cfu,
)
from toolchain import ArtifactCache, ToolSource


@dataclass(frozen=True)
class HardwareDesign:
    """What decides the outcome of a synthesis: of a `Design`, the part that is hardware.

    Attributes
    ----------
    cpu
        As `soc.find_cpu` takes it; `None` for the board's own.
    cfu
        As `gateware.load_cfu` takes it; "none" for no CFU.
    cfu_directory
        What a file name in `cfu` is relative to.
    """

    board: str
    cpu: str | None
    cfu: str
    cfu_directory: Path


def resolve_hardware(
    *, directory: Path, project: Path | None, board: str | None, cpu: str | None, cfu: str | None
) -> HardwareDesign:
    """Return the hardware that flags and a project describe; flags come first.

    Parameters
    ----------
    directory
        What a file named by a flag is relative to.
    project
        Directory of the `cfu.toml` to take what the flags leave open from, if there is one.

    Raises
    ------
    PlaygroundError
        If something named does not exist, with the nearest name that does.
    """
    cfu_directory = directory
    if project is not None:
        written = load_project(project)
        if cfu is None:
            cfu, cfu_directory = written.cfu, project
        board, cpu = board or written.board, cpu or written.cpu
    board = board or Design.board
    if board not in boards.board_names():
        raise unknown_name("board", board, boards.board_names(), listed_by="cfu list boards")
    return HardwareDesign(
        board=board,
        cpu=known_cpu(cpu) if cpu is not None else None,
        cfu=cfu or NO_CFU,
        cfu_directory=cfu_directory,
    )


def synthesize_design(
    design: HardwareDesign,
    *,
    cfu_only: bool = False,
    seeds: tuple[int, ...] = (1,),
    tools: ToolSource = ToolSource.YOWASP,
    cache: ArtifactCache,
    progress: Progress,
) -> SynthReport:
    """Synthesize a board's whole system, or a CFU by itself.

    Raises
    ------
    PlaygroundError
        As `soc.synthesis.synthesize` does, and if the board exists in simulation only.
    """
    board = find_board(design.board)
    with progress.phase("read", f"reading CFU `{design.cfu}`"):
        device = board_device(board, cache=cache)  # before anything that takes longer
        cfu = load_cfu(design.cfu, directory=design.cfu_directory)
    if cfu_only:
        return synthesize_cfu(
            cfu, board, device=device, seeds=seeds, tools=tools, cache=cache, progress=progress
        )
    cpu = find_cpu(design.cpu or board.cpu)
    with progress.phase("cpu", f"building CPU `{cpu.name}`"):
        cpu.verilog_file(cache)
    with progress.phase("soc", f"building the SoC of board `{board.name}`"):
        build = build_hardware(board, cpu, ports=cfu.spec.ports, cache=cache)
    rom = None
    if board.has_bios:
        with progress.phase("bios", "compiling LiteX's BIOS"):
            bios = build_bios(
                build.directory / "software",
                isa=cpu.isa,
                rom_bytes=board.memory("rom").bytes,
                cache=cache,
            )
            rom = bios.read_bytes()
    report = synthesize(
        build, cfu, rom=rom, seeds=seeds, tools=tools, cache=cache, progress=progress
    )
    remember_report(report, build=build.digest, cache=cache)
    return report


def with_synthesis(
    profile: Profile, design: Design, *, cache: ArtifactCache, progress: Progress | None = None
) -> Profile:
    """Return a profile with what synthesis found of the hardware that it was taken on.

    Parameters
    ----------
    progress
        Given if the hardware is to be synthesized; without it, the latest report is taken if there
        is one, and the profile is left as it is if not.

    Raises
    ------
    PlaygroundError
        As `synthesize_design` does, when asked to.
    """
    hardware = HardwareDesign(design.board, design.cpu, design.cfu, design.cfu_directory)
    board = find_board(design.board)
    if progress is not None:
        report: SynthReport | None = synthesize_design(hardware, cache=cache, progress=progress)
    elif board.hardware is None:
        return profile
    else:
        cfu = load_cfu(design.cfu, directory=design.cfu_directory)
        cpu = find_cpu(design.cpu or board.cpu)
        build = hardware_digest(board, cpu, ports=cfu.spec.ports, cache=cache)
        # What was profiled: its file may have changed since.
        profiled = profile.cfu.digest or load_cfu(NO_CFU, directory=Path()).digest
        report = recall_report(build=build, cfu=profiled, cache=cache)
    if report is not None:
        # Where the bitstream is, is this machine's business.
        report = report.model_copy(update={"bitstream": None})
    return profile.model_copy(update={"synthesis": report})
