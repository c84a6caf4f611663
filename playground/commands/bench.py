"""`cfu bench`: the numbers of docs/benchmarks.md."""

from __future__ import annotations

__all__ = ["bench"]

import shutil
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from playground.benchmarks import Benchmark, benchmarks_json, benchmarks_page
from playground.commands.demo import DEMO_CFU
from playground.commands.options import AsJson
from playground.commands.run import execute
from playground.console import Output
from playground.design import Design, baseline_of
from toolchain import ArtifactCache, PlaygroundError

_EDITED_MODEL = "kws01"


def bench(
    *,
    write: Annotated[
        Path | None, typer.Option("--write", metavar="FILE", help="Write the page to a file.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Measure the four MLPerf Tiny models with and without the CFU that comes along.

    The models are downloaded if they are not in the cache. Cycles are the same on every machine;
    the speed of the simulation and the time of a rebuild are this machine's.
    """
    from playground.models.fetch import REMOTE_MODELS, fetch_models
    from playground.resolve import Choices, resolve

    output = Output()
    files = fetch_models(ArtifactCache.default())
    found = []
    for model in REMOTE_MODELS:
        choices = Choices(directory=Path.cwd(), model=str(files[model.name]), cfu=DEMO_CFU)
        design = resolve(choices, project=None)
        found.append(
            Benchmark(
                summary=model.summary,
                baseline=execute(baseline_of(design), output, subject=f"{model.name}, baseline"),
                faster=execute(design, output, subject=f"{model.name}, {DEMO_CFU}"),
                seconds_after_edit=(
                    _seconds_after_edit(design, output) if model.name == _EDITED_MODEL else None
                ),
            )
        )
    page = benchmarks_page(found)
    if write is not None:
        try:
            write.write_text(page, encoding="utf-8")
        except OSError as error:
            raise PlaygroundError(
                f"cannot write `{write}`: {error.strerror}", hint="choose another file"
            ) from error
    if as_json:
        output.show_json(benchmarks_json(found))
    elif write is None:
        output.data.file.write(page)


def _seconds_after_edit(design: Design, output: Output) -> float | None:
    """Return the time from a changed kernel to its profile, as somebody editing it waits."""
    if design.kernels is None:
        return None
    with tempfile.TemporaryDirectory(prefix="cfu-bench-") as directory:
        kernels = Path(directory, "kernels")
        shutil.copytree(design.kernels, kernels)
        edited = replace(design, kernels=kernels)
        source = edited.kernel_files[0]
        # A change no earlier run can have seen, or the cache would answer.
        with source.open("a", encoding="utf-8") as file:
            file.write(f'\nextern const char kEdit[];\nconst char kEdit[] = "{time.time_ns()}";\n')
        begun = time.monotonic()
        execute(edited, output, subject="after an edit")
        return time.monotonic() - begun
