"""`cfu mlperf`: MLPerf Tiny's performance and accuracy scripts."""

from __future__ import annotations

__all__ = ["mlperf"]

from pathlib import Path
from typing import Annotated

import typer

from playground.commands.options import (
    AsJson,
    BoardOption,
    CfuOption,
    CompilerOption,
    CpuOption,
    IdealMemory,
    KernelsOption,
    PlaceOption,
)
from playground.console import Output
from playground.progress import ConsoleProgress
from toolchain import ArtifactCache, PlaygroundError

_SCRIPTS = ("performance", "accuracy")
# A simulation runs at a few megahertz: one inference of it takes as long as many on a board.
_SIMULATED_PATIENCE_SECONDS = 1800.0
_PATIENCE_SECONDS = 120.0


def mlperf(
    model: Annotated[
        str | None, typer.Argument(help="A .tflite file or the name of a model, such as `kws01`.")
    ] = None,
    *,
    input_: Annotated[
        list[str] | None,
        typer.Option("--input", "-i", metavar="FILE", help="Raw input tensor, as in `cfu run`."),
    ] = None,
    label: Annotated[
        list[int] | None,
        typer.Option(
            "--label",
            metavar="CLASS",
            help="Expected class; one for each example. Of `ad01`: 0 normal, 1 anomalous.",
        ),
    ] = None,
    dataset: Annotated[
        Path | None,
        typer.Option(
            "--dataset", metavar="DIR", help="MLPerf Tiny data set: `y_labels.csv` and its files."
        ),
    ] = None,
    limit: Annotated[
        int | None,
        typer.Option("--limit", metavar="N", min=1, help="Take N examples, spread evenly."),
    ] = None,
    script: Annotated[
        str | None,
        typer.Option("--script", metavar="|".join(_SCRIPTS), help="Only this one."),
    ] = None,
    iterations: Annotated[
        int | None,
        typer.Option(
            "--iterations",
            metavar="N",
            min=1,
            help="Timed inferences of an input. On a board as many as make 10 s, simulated one.",
        ),
    ] = None,
    warmups: Annotated[
        int | None,
        typer.Option(
            "--warmups", metavar="N", min=0, help="Inferences before; 1, or simulated none."
        ),
    ] = None,
    cfu: CfuOption = None,
    kernels: KernelsOption = None,
    board: BoardOption = None,
    cpu: CpuOption = None,
    compiler: CompilerOption = None,
    place: PlaceOption = None,
    ideal_memory: IdealMemory = None,
    port: Annotated[
        str | None,
        typer.Option(
            "--port", metavar="PORT", help="Of a board that runs the firmware, not simulated."
        ),
    ] = None,
    baud: Annotated[
        int | None, typer.Option("--baud", metavar="BAUD", min=1, help="Of the port.")
    ] = None,
    upload: Annotated[
        bool,
        typer.Option("--upload", help="Send the firmware through the board's BIOS first."),
    ] = False,
    firmware: Annotated[
        Path | None,
        typer.Option("--firmware", metavar="DIR", help="Write the firmware there, too."),
    ] = None,
    timeout: Annotated[
        float | None,
        typer.Option("--timeout", metavar="SECONDS", min=0.1, help="For an inference."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Measure throughput and accuracy as MLPerf Tiny's runner does.

    The firmware speaks the benchmark's device protocol, so that its own runner can be used on a
    board as well. By default the board is simulated, with less effort than the benchmark's rules
    ask for. Energy is not measured.
    """
    from playground.mlperf.report import result_json, result_tables, summary_lines
    from playground.mlperf.scripts import Effort
    from playground.mlperf.session import MlperfRequest, Script, run_mlperf
    from playground.project import find_project
    from playground.resolve import Choices, resolve

    if script is not None and script not in _SCRIPTS:
        raise PlaygroundError(
            f"there is no script `{script}`", hint=f"scripts: {', '.join(_SCRIPTS)}"
        )
    if dataset is not None and (input_ or label):
        raise PlaygroundError(
            "`--dataset` comes with its own inputs and labels",
            hint="leave out `--input` and `--label`, or `--dataset`",
        )
    if baud is not None and port is None:
        raise PlaygroundError("`--baud` without `--port`", hint="a simulated line fits any rate")
    if upload and port is None:
        raise PlaygroundError(
            "`--upload` without `--port`", hint="a simulated board has its firmware from the start"
        )
    simulated = port is None
    patience = timeout or (_SIMULATED_PATIENCE_SECONDS if simulated else _PATIENCE_SECONDS)
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
        inputs=tuple(input_ or ()),
        labels=tuple(label or ()),
    )
    request = MlperfRequest(
        scripts=frozenset(Script) if script is None else frozenset({Script(script)}),
        effort=Effort(
            inferences=iterations or (1 if simulated else None),
            warmups=warmups if warmups is not None else (0 if simulated else 1),
            patience_seconds=patience,
        ),
        dataset=dataset,
        limit=limit,
        port=port,
        baud=baud,
        firmware=firmware,
        upload=upload,
    )
    output = Output()
    result = run_mlperf(
        resolve(choices, project=find_project(Path.cwd())),
        request,
        cache=ArtifactCache.default(),
        progress=ConsoleProgress(output.messages),
    )
    if as_json:
        output.show_json(result_json(result))
    else:
        output.show(*result_tables(result, width=output.width), *summary_lines(result))
