"""`cfu export`: a design as the input of other tools."""

from __future__ import annotations

__all__ = ["export"]

from pathlib import Path
from typing import Annotated

import typer

from playground.commands.options import (
    BoardOption,
    CfuOption,
    CompilerOption,
    CpuOption,
    KernelsOption,
    ModelArgument,
    PlaceOption,
)
from playground.commands.writable import require_own_directory
from playground.console import Output
from playground.progress import ConsoleProgress
from toolchain import ArtifactCache

export = typer.Typer(
    help="Write a design for other tools.", no_args_is_help=True, rich_markup_mode="markdown"
)


@export.callback()
def _several() -> None:
    """Write a design for other tools."""


@export.command()
def renode(
    directory: Annotated[Path, typer.Argument(metavar="DIRECTORY", help="Made if need be.")],
    model: ModelArgument = None,
    *,
    cfu: CfuOption = None,
    kernels: KernelsOption = None,
    board: BoardOption = None,
    cpu: CpuOption = None,
    compiler: CompilerOption = None,
    place: PlaceOption = None,
) -> None:
    """Write the SoC, the Verilated CFU and a firmware for Renode.

    The firmware answers MLPerf Tiny's commands (`help%`), which can be typed. Renode is functional:
    its cycle counts say nothing about the hardware.
    """
    from playground.project import find_project
    from playground.renode_export import export_renode
    from playground.resolve import Choices, resolve

    require_own_directory(directory)
    choices = Choices(
        directory=Path.cwd(),
        model=model,
        cfu=cfu,
        kernels=kernels,
        board=board,
        cpu=cpu,
        compiler=compiler,
        place=place,
    )
    output = Output()
    design = resolve(choices, project=find_project(Path.cwd()))
    exported = export_renode(
        design,
        directory,
        cache=ArtifactCache.default(),
        progress=ConsoleProgress(output.messages),
    )
    for path in exported.files:
        output.show(str(path))
    for name in exported.unsupported:
        output.tell(f"Renode has no model of `{name}`; accesses to it read as zero")
