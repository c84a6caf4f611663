"""`cfu run`: build, run, verify and show where the cycles go."""

from __future__ import annotations

__all__ = ["execute", "run", "show_profile"]

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from playground.commands import completing
from playground.commands.options import (
    AsJson,
    BoardOption,
    CfuOption,
    CompilerOption,
    CpuOption,
    IdealMemory,
    InputOption,
    KernelsOption,
    ModelArgument,
    PlaceOption,
    Synth,
)
from playground.commands.writable import require_writable
from playground.console import Output
from playground.design import SIMULATORS, Design, Trace, parse_layers
from playground.progress import ConsoleProgress
from toolchain import ArtifactCache, PlaygroundError

if TYPE_CHECKING:
    from profiles import Profile, RunEntry
    from profiles.advice import Advice


def run(
    model: ModelArgument = None,
    *,
    input_: InputOption = None,
    label: Annotated[
        list[int] | None,
        typer.Option("--label", metavar="CLASS", help="Expected class; one for each inference."),
    ] = None,
    cfu: CfuOption = None,
    kernels: KernelsOption = None,
    board: BoardOption = None,
    cpu: CpuOption = None,
    place: PlaceOption = None,
    ideal_memory: IdealMemory = None,
    compiler: CompilerOption = None,
    simulator: Annotated[
        str | None,
        typer.Option(
            "--simulator",
            metavar="|".join(SIMULATORS),
            autocompletion=completing.complete_simulators,
            help="`verilator` simulates the RTL, `board` runs it on a real one.",
        ),
    ] = None,
    both: Annotated[
        bool,
        typer.Option(
            "--both",
            help="Simulate with `fast` and `verilator`; cycles, instructions and outputs of every "
            "layer must agree.",
        ),
    ] = False,
    port: Annotated[
        str | None,
        typer.Option("--port", metavar="DEVICE", help="Serial port of the board."),
    ] = None,
    trace: Annotated[
        Path | None,
        typer.Option(
            "--trace", metavar="FILE", help="Write a waveform (FST) of the first inference."
        ),
    ] = None,
    trace_layers: Annotated[
        str | None,
        typer.Option("--trace-layers", metavar="3,5-7", help="Layers the waveform is to hold."),
    ] = None,
    max_cycles: Annotated[
        int | None,
        typer.Option(
            "--max-cycles", metavar="N", min=1, help="Cycles after which an inference is given up."
        ),
    ] = None,
    fresh: Annotated[
        bool,
        typer.Option("--fresh", help="Simulate even if the same run is recorded in the cache."),
    ] = False,
    save: Annotated[
        Path | None, typer.Option("--save", metavar="FILE", help="Write the profile as JSON.")
    ] = None,
    as_: Annotated[
        str | None,
        typer.Option(
            "--as", metavar="LABEL", help="Label the run in the project's history; see `cfu log`."
        ),
    ] = None,
    allow_mismatch: Annotated[
        bool,
        typer.Option(
            "--allow-mismatch", help="Show the profile of a wrong result too, marked as wrong."
        ),
    ] = False,
    advise: Annotated[
        bool,
        typer.Option("--advise", help="Estimate what bounds each layer and what it could gain."),
    ] = False,
    why: Annotated[
        bool,
        typer.Option(
            "--why", help="Show what each layer's cycles went to, and in which functions."
        ),
    ] = False,
    report: Annotated[
        Path | None,
        typer.Option("--report", metavar="FILE", help="Write a report as HTML; see `cfu report`."),
    ] = None,
    synth: Synth = False,
    as_json: AsJson = False,
) -> None:
    """Run a model on the simulated SoC; check every layer; show the cycles of each.

    Inside a project, which is a directory with a `cfu.toml`, everything is taken from there;
    flags come first. There the run is recorded, for `cfu log` and `cfu compare`.
    """
    from playground.project import find_project
    from playground.recording import check_label, record_run
    from playground.resolve import Choices, resolve
    from profiles import profile_json, save_profile

    if trace_layers is not None and trace is None:
        raise PlaygroundError(
            "`--trace-layers` without `--trace`", hint="`--trace FILE` says where to write"
        )
    for path in filter(None, (save, report, trace)):
        require_writable(path)
    wave = None
    if trace is not None:
        layers = parse_layers(trace_layers) if trace_layers is not None else None
        wave = Trace(path=trace.absolute(), layers=layers)
    if both and (simulator is not None or trace is not None):
        flag = "--simulator" if simulator is not None else "--trace"
        raise PlaygroundError(
            f"`{flag}` with `--both`, which runs two simulators and writes no waveform",
            hint="leave out either",
        )
    choices = Choices(
        directory=Path.cwd(),
        model=model,
        cfu=cfu,
        kernels=kernels,
        board=board,
        cpu=cpu,
        compiler=compiler,
        simulator=simulator,
        inputs=tuple(input_ or ()),
        labels=tuple(label or ()),
        trace=wave,
        max_cycles=max_cycles,
        place=place,
        ideal_memory=ideal_memory,
        port=port,
    )
    output = Output()
    project = find_project(Path.cwd())
    if as_ is not None:
        check_label(as_, project)
    design = replace(resolve(choices, project=project), fresh=fresh, why=why)
    profile = execute(design, output, both=both, allow_mismatch=allow_mismatch, synth=synth)
    entry = record_run(project, profile, output, label=as_)
    for line in profile.text.splitlines():
        output.tell(f"printed: {line}")
    if save is not None:
        save_profile(profile, save)
    if report is not None:
        _write_report(report, design, profile, entry, output)
    advice = _advice(design, profile) if advise else None
    if as_json:
        output.show_json(profile_json(profile) | _advice_json(advice))
        return
    show_profile(profile, output)
    if why:
        from profiles import why_tables

        for table in why_tables(profile, width=output.width):
            output.show("", table)
    if advice is not None:
        from profiles.advice_table import advice_lines, advice_table

        output.show("", advice_table(advice, width=output.width), *advice_lines(advice))


def _advice(design: Design, profile: Profile) -> Advice:
    from playground.advising import advise_design

    return advise_design(design, profile)


def _write_report(
    path: Path, design: Design, profile: Profile, entry: RunEntry | None, output: Output
) -> None:
    from playground.reporting import FoundRun, make_report
    from profiles.report import save_report

    with ConsoleProgress(output.messages).phase("report", "drawing the report"):
        origin = f"run {entry.number} of the project's history" if entry else "run now"
        size = save_report(make_report([FoundRun(profile, "run", origin, entry, design)]), path)
    output.tell(f"wrote `{path}`, {size / 1e3:,.0f} kB: any browser opens it")


def _advice_json(advice: Advice | None) -> dict[str, Any]:
    from profiles.advice import advice_json

    return {"advice": advice_json(advice)} if advice is not None else {}


def execute(
    design: Design,
    output: Output,
    *,
    subject: str = "",
    both: bool = False,
    allow_mismatch: bool = False,
    synth: bool = False,
) -> Profile:
    """Run a design with progress on standard error and insist on its being bit-exact.

    Its area comes along if it is known or (`synth`) asked for. With `both` it runs on two
    simulators; see `playground.both.run_both`.

    Raises
    ------
    PlaygroundError
        If the design cannot be run or differs from TensorFlow Lite Micro.
    """
    from playground.both import run_both
    from playground.flow import run_design
    from playground.synthesis import with_synthesis
    from profiles import require_exact

    cache, progress = ArtifactCache.default(), ConsoleProgress(output.messages, subject=subject)
    run = run_both if both else run_design
    profile = run(design, cache=cache, progress=progress)
    profile = with_synthesis(profile, design, cache=cache, progress=progress if synth else None)
    return profile if allow_mismatch else require_exact(profile)


def show_profile(profile: Profile, output: Output) -> None:
    """Print the per-layer table, what goes with it, and what is wrong if anything is."""
    from profiles import layer_table, summary_lines
    from profiles.exactness import describe_mismatch

    output.show(layer_table(profile, width=output.width), *summary_lines(profile))
    for layer in profile.mismatched_layers:
        output.show(f"WRONG: {describe_mismatch(layer)}")
