"""`cfu synth`: area, speed and bitstream of a board's system, or the cost of a CFU by itself."""

from __future__ import annotations

__all__ = ["SeedOption", "SeedsOption", "ToolsOption", "chosen_seeds", "synth"]

import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from playground.commands.options import AsJson, BoardOption, CfuOption, CpuOption
from playground.commands.writable import require_writable
from playground.console import Output
from playground.progress import ConsoleProgress
from toolchain import ArtifactCache, PlaygroundError, ToolSource

if TYPE_CHECKING:
    from soc.synthesis import SynthReport

SeedsOption = Annotated[
    int | None,
    typer.Option("--seeds", metavar="N", min=1, help="Try that many placements, take the fastest."),
]
SeedOption = Annotated[
    int | None,
    typer.Option("--seed", metavar="SEED", min=0, help="Of the placement, or of the first."),
]
ToolsOption = Annotated[
    ToolSource,
    typer.Option(
        "--tools", help="Yosys and nextpnr as wheels (`yowasp`), or those on PATH (`native`)."
    ),
]


def synth(
    *,
    board: BoardOption = None,
    cpu: CpuOption = None,
    cfu: CfuOption = None,
    cfu_only: Annotated[
        bool,
        typer.Option("--cfu-only", help="Synthesize the CFU by itself: its own cost, in seconds."),
    ] = False,
    seeds: SeedsOption = None,
    seed: SeedOption = None,
    tools: ToolsOption = ToolSource.YOWASP,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output", "-o", metavar="FILE|DIR", help="Where to put a copy of the bitstream."
        ),
    ] = None,
    save: Annotated[
        Path | None, typer.Option("--save", metavar="FILE", help="Write the report as JSON.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Synthesize, place and route a board's system; show area and speed; make the bitstream.

    Inside a project, which is a directory with a `cfu.toml`, everything is taken from there;
    flags come first. Timing that is not met is an error.
    """
    from playground.project import find_project
    from playground.synthesis import resolve_hardware, synthesize_design
    from soc.synthesis import require_timing

    console = Output()
    _check_output(output, cfu_only=cfu_only)
    if save is not None:
        require_writable(save)
    design = resolve_hardware(
        directory=Path.cwd(), project=find_project(Path.cwd()), board=board, cpu=cpu, cfu=cfu
    )
    report = synthesize_design(
        design,
        cfu_only=cfu_only,
        seeds=chosen_seeds(seeds, seed),
        tools=tools,
        cache=ArtifactCache.default(),
        progress=ConsoleProgress(console.messages),
    )
    if output is not None:
        report = _with_copy(report, output)
    if save is not None:
        _save(report, save)
    if as_json:
        console.show_json(report.model_dump(mode="json"))
    else:
        _show(report, console)
    require_timing(report)


def chosen_seeds(seeds: int | None, seed: int | None) -> tuple[int, ...]:
    """Return the seeds that `--seeds` and `--seed` ask for; without them it is 1."""
    first = 1 if seed is None else seed
    return tuple(range(first, first + (seeds or 1)))


def _show(report: SynthReport, console: Output) -> None:
    from playground.synthesis_table import synthesis_lines, synthesis_table

    console.show(synthesis_table(report), *synthesis_lines(report))


def _check_output(output: Path | None, *, cfu_only: bool) -> None:
    """Refuse before the minutes of a synthesis what could not be written after them."""
    if output is None:
        return
    if cfu_only:
        raise PlaygroundError(
            "`--output` takes a bitstream, and `--cfu-only` makes none",
            hint="`--save FILE` writes the report",
        )
    if not output.is_dir():
        require_writable(output)


def _with_copy(report: SynthReport, output: Path) -> SynthReport:
    source = report.bitstream
    if source is None:
        raise PlaygroundError(
            f"there is no bitstream of board `{report.board}` to put into `{output}`",
            hint="its FPGA is only synthesized here: the report has its area",
        )
    name = f"{report.board}-{report.cfu}{source.suffix}"
    target = output / name if output.is_dir() else output
    try:
        shutil.copyfile(source, target)
    except OSError as error:
        raise PlaygroundError(
            f"cannot write `{target}`: {error.strerror}", hint="choose another file"
        ) from error
    return report.model_copy(update={"bitstream": target})


def _save(report: SynthReport, path: Path) -> None:
    try:
        path.write_text(report.model_dump_json(indent=2) + "\n", encoding="utf-8")
    except OSError as error:
        raise PlaygroundError(
            f"cannot write `{path}`: {error.strerror}", hint="choose another file"
        ) from error
