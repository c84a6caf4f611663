"""`cfu terminal`: a simulated board that looks like one on a serial port."""

from __future__ import annotations

__all__ = ["terminal"]

from pathlib import Path
from typing import Annotated

import typer

from playground.commands.options import (
    BoardOption,
    CfuOption,
    CompilerOption,
    CpuOption,
    IdealMemory,
    KernelsOption,
    ModelArgument,
    PlaceOption,
)
from playground.console import Output
from playground.progress import ConsoleProgress
from toolchain import ArtifactCache


def terminal(
    model: ModelArgument = None,
    *,
    cfu: CfuOption = None,
    kernels: KernelsOption = None,
    board: BoardOption = None,
    cpu: CpuOption = None,
    compiler: CompilerOption = None,
    place: PlaceOption = None,
    ideal_memory: IdealMemory = None,
    real_rate: Annotated[
        bool,
        typer.Option("--real-rate", help="Let each byte take as long as at the line's rate."),
    ] = False,
) -> None:
    """Simulate a board whose serial line is a pseudo-terminal, until Ctrl-C.

    The port's path is printed. Whatever speaks to a board speaks to it as well: a terminal program
    at the board's rate, LiteX's `litex_term`, `cfu run --simulator board --port PATH`. The board is
    switched on when the port is opened for the first time. A board with LiteX's BIOS is sent the
    model's firmware over the line; another one has it in its flash.
    """
    from playground.project import find_project
    from playground.resolve import Choices, resolve
    from playground.terminal import TerminalRequest, prepared_terminal

    choices = Choices(
        directory=Path.cwd(),
        model=model,
        cfu=cfu,
        kernels=kernels,
        board=board,
        cpu=cpu,
        compiler=compiler,
        place=place,
        ideal_memory=ideal_memory,
    )
    output = Output()
    design = resolve(choices, project=find_project(Path.cwd()))
    prepared = prepared_terminal(
        TerminalRequest(design, real_rate),
        cache=ArtifactCache.default(),
        progress=ConsoleProgress(output.messages),
    )
    with prepared.terminal as simulated:
        output.show_text(f"{simulated.port}\n")
        output.tell(f"board `{design.board}` is there, at {prepared.baud:,} baud; Ctrl-C ends it")
        if prepared.board.has_bios:
            address = f"{prepared.image.elf.load_address:#x}"
            output.tell(
                f"litex_term --speed {prepared.baud} --kernel {prepared.image.program} "
                f"--kernel-adr {address} {simulated.port}"
            )
        simulated.wait()
