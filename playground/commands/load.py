"""`cfu load`: program a board and run the model there."""

from __future__ import annotations

__all__ = ["load"]

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from playground.commands.options import (
    AsJson,
    BoardOption,
    CfuOption,
    CompilerOption,
    CpuOption,
    InputOption,
    KernelsOption,
    ModelArgument,
    PlaceOption,
)
from playground.commands.run import execute, show_profile
from playground.commands.synth import SeedOption, SeedsOption, ToolsOption, chosen_seeds
from playground.commands.writable import require_writable
from playground.console import Output
from playground.design import BOARD_SIMULATOR, Design
from playground.progress import ConsoleProgress
from toolchain import ArtifactCache, PlaygroundError, ToolSource

if TYPE_CHECKING:
    from boards import Board


def load(
    model: ModelArgument = None,
    *,
    input_: InputOption = None,
    cfu: CfuOption = None,
    kernels: KernelsOption = None,
    board: BoardOption = None,
    cpu: CpuOption = None,
    compiler: CompilerOption = None,
    place: PlaceOption = None,
    bitstream: Annotated[
        Path | None,
        typer.Option("--bitstream", metavar="FILE", help="Take this one, do not make one."),
    ] = None,
    seeds: SeedsOption = None,
    seed: SeedOption = None,
    tools: ToolsOption = ToolSource.YOWASP,
    flash: Annotated[
        bool,
        typer.Option("--flash", help="Let the bitstream stay when the board is switched off."),
    ] = False,
    port: Annotated[
        str | None,
        typer.Option("--port", metavar="DEVICE", help="The board's serial port; run the model."),
    ] = None,
    mlperf: Annotated[
        bool,
        typer.Option("--mlperf", help="Put the firmware of `cfu mlperf` into the board's flash."),
    ] = False,
    save: Annotated[
        Path | None, typer.Option("--save", metavar="FILE", help="Write the profile as JSON.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Put a board's bitstream into it, and with `--port` run the model there.

    The bitstream is made as by `cfu synth` with the same options if it is not in the cache. A board
    that starts from flash gets the model's firmware there, too; other boards are sent it over the
    serial port.
    """
    from playground.project import find_project
    from playground.recording import record_run
    from playground.resolve import Choices, resolve
    from profiles import profile_json, save_profile

    if save is not None:
        require_writable(save)
    choices = Choices(
        directory=Path.cwd(),
        model=model,
        cfu=cfu,
        kernels=kernels,
        board=board,
        cpu=cpu,
        compiler=compiler,
        simulator=BOARD_SIMULATOR,
        port=port,
        place=place,
        inputs=tuple(input_ or ()),
    )
    output = Output()
    project = find_project(Path.cwd())
    design = resolve(choices, project=project)
    if bitstream is not None and not bitstream.is_file():
        raise PlaygroundError(
            f"there is no bitstream `{bitstream}`", hint="`cfu synth --output FILE` makes one"
        )
    if bitstream is not None and (seeds, seed) != (None, None):
        raise PlaygroundError(
            "`--seeds` and `--seed` are for making a bitstream, and `--bitstream` names one",
            hint="leave out either",
        )
    if mlperf and port is not None:
        raise PlaygroundError(
            "`--mlperf` puts another firmware into the flash than `--port` talks to",
            hint="leave `--port` to `cfu mlperf`",
        )
    if port is not None:
        _check_port(design.board, port)
    _program(
        design,
        output,
        bitstream=bitstream,
        seeds=chosen_seeds(seeds, seed),
        tools=tools,
        flash=flash,
        mlperf=mlperf,
    )
    if mlperf:
        output.tell(
            f"next: `cfu mlperf {design.model.stem} --board {design.board} --port /dev/ttyUSB0`, "
            "with the board's port"
        )
        return
    if port is None:
        output.tell(
            f"next: `cfu run {design.model.stem} --board {design.board} --simulator "
            f"{BOARD_SIMULATOR} --port /dev/ttyUSB0`, with the board's port"
        )
        return
    profile = execute(replace(design, port=port), output)
    record_run(project, profile, output)
    if save is not None:
        save_profile(profile, save)
    if as_json:
        output.show_json(profile_json(profile))
    else:
        show_profile(profile, output)


def _check_port(board: str, port: str) -> None:
    """Find out before the minutes of a synthesis that a port cannot be used."""
    from boards import find_board
    from sim.serial_line import SerialLine

    hardware = find_board(board).hardware
    if hardware is not None:
        with SerialLine(port, hardware.baud):
            pass


def _program(
    design: Design,
    output: Output,
    *,
    bitstream: Path | None,
    seeds: tuple[int, ...],
    tools: ToolSource,
    flash: bool,
    mlperf: bool,
) -> None:
    """Build what the board needs and program it."""
    from boards import find_board
    from firmware.application import SERVE
    from firmware.mlperf import mlperf_application
    from playground.built import build_design
    from playground.mlperf.tasks import task_of
    from playground.programming import find_programmer, program_board

    board = find_board(design.board)
    cache = ArtifactCache.default()
    progress = ConsoleProgress(output.messages)
    find_programmer(board)  # before the minutes of a synthesis
    image = None
    if not board.has_bios:
        image = build_design(
            design,
            application=lambda model: (
                mlperf_application(model, task_of(model)) if mlperf else SERVE
            ),
            cache=cache,
            progress=progress,
        ).image
    program_board(
        board,
        bitstream or _synthesized(design, board, progress, seeds=seeds, tools=tools),
        image,
        flash=flash,
        progress=progress,
    )


def _synthesized(
    design: Design,
    board: Board,
    progress: ConsoleProgress,
    *,
    seeds: tuple[int, ...],
    tools: ToolSource,
) -> Path:
    """Return the bitstream of a design, which meets its timing."""
    from playground.synthesis import HardwareDesign, synthesize_design
    from soc.synthesis import require_timing

    report = synthesize_design(
        HardwareDesign(design.board, design.cpu, design.cfu, design.cfu_directory),
        seeds=seeds,
        tools=tools,
        cache=ArtifactCache.default(),
        progress=progress,
    )
    require_timing(report)
    if report.bitstream is None:
        raise PlaygroundError(
            f"no bitstream of board `{board.name}` can be made here, only its area told",
            hint="make one with the FPGA vendor's tools, and name it with `--bitstream FILE`",
        )
    return report.bitstream
