"""`cfu trace`: which functions run when, for Perfetto, speedscope and flame graphs."""

from __future__ import annotations

__all__ = ["trace"]

from pathlib import Path
from typing import Annotated

import typer

from playground.commands.options import (
    BoardOption,
    CfuOption,
    CompilerOption,
    CpuOption,
    IdealMemory,
    InputOption,
    KernelsOption,
    ModelArgument,
    PlaceOption,
)
from playground.commands.writable import require_writable
from playground.console import Output
from playground.design import parse_layers
from playground.progress import ConsoleProgress
from toolchain import ArtifactCache, PlaygroundError

_FORMATS = ("perfetto", "speedscope", "folded")
_OPENED_BY = {
    "perfetto": "ui.perfetto.dev or chrome://tracing opens it",
    "speedscope": "www.speedscope.app opens it",
    "folded": "flamegraph.pl and its like take it",
}


def trace(
    model: ModelArgument = None,
    *,
    out: Annotated[
        Path, typer.Option("--output", "-o", metavar="FILE", help="The trace to write.")
    ],
    trace_format: Annotated[
        str | None,
        typer.Option(
            "--format",
            metavar="|".join(_FORMATS),
            help="A time axis or flame graphs; by default as FILE is called: with `speedscope` in "
            "it, with `.folded` at its end, or else.",
        ),
    ] = None,
    layers: Annotated[
        str | None,
        typer.Option("--layers", metavar="3,5-7", help="Layers to follow, in more detail."),
    ] = None,
    input_: InputOption = None,
    cfu: CfuOption = None,
    kernels: KernelsOption = None,
    board: BoardOption = None,
    cpu: CpuOption = None,
    place: PlaceOption = None,
    ideal_memory: IdealMemory = None,
    compiler: CompilerOption = None,
    max_cycles: Annotated[
        int | None,
        typer.Option(
            "--max-cycles", metavar="N", min=1, help="Cycles after which an inference is given up."
        ),
    ] = None,
) -> None:
    """Show on a time axis which functions run when and what the CFU does; or as a flame graph.

    The fast simulator follows the calls of the first inference, cycle by cycle.
    """
    from playground.project import find_project
    from playground.resolve import Choices, resolve
    from playground.tracing import format_of, trace_design, write_trace

    chosen = trace_format or format_of(out)
    if chosen not in _FORMATS:
        raise PlaygroundError(
            f"there is no format `{chosen}`", hint=f"it is one of {', '.join(_FORMATS)}"
        )
    require_writable(out)
    choices = Choices(
        directory=Path.cwd(),
        model=model,
        cfu=cfu,
        kernels=kernels,
        board=board,
        cpu=cpu,
        compiler=compiler,
        inputs=tuple(input_ or ()),
        place=place,
        ideal_memory=ideal_memory,
        max_cycles=max_cycles,
    )
    output = Output()
    traced = trace_design(
        resolve(choices, project=find_project(Path.cwd())),
        layers=parse_layers(layers, option="--layers") if layers is not None else frozenset(),
        cache=ArtifactCache.default(),
        progress=ConsoleProgress(output.messages),
    )
    write_trace(traced, out, chosen)
    shown = (
        f"; calls shorter than {traced.resolution:,} cycles are shown together"
        if chosen == "perfetto" and traced.resolution > 1
        else ""
    )
    kilobytes = out.stat().st_size / 1000
    output.tell(f"wrote `{out}`, {kilobytes:,.0f} kB: {_OPENED_BY[chosen]}{shown}")
