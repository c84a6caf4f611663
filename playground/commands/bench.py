"""`cfu bench`: the numbers of docs/benchmarks.md."""

from __future__ import annotations

__all__ = ["bench", "benchmark_design"]

import shutil
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

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
    """Measure the MLPerf Tiny models and those that come along, with and without a CFU.

    The former are downloaded if they are not in the cache. Cycles are the same on every machine;
    the speed of the simulation and the time of a rebuild are this machine's.
    """
    from playground.benchmarks import Benchmark, benchmarks_json, benchmarks_page
    from playground.catalog import catalog
    from playground.models.fetch import fetch_models

    output = Output()
    if write is not None and not write.parent.is_dir():  # known before the hours, not after
        raise PlaygroundError(
            f"cannot write `{write}`: there is no directory `{write.parent}`",
            hint="choose another file",
        )
    cache = ArtifactCache.default()
    fetch_models(cache)
    found = []
    for model in catalog(cache):
        design = replace(benchmark_design(model.name), fresh=True)
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
        output.show_text(page)


def benchmark_design(model: str) -> Design:
    """Return what is measured of a model: the CFU that comes along, on the first inference.

    Raises
    ------
    PlaygroundError
        If the model is one that has to be fetched first.
    """
    from playground.resolve import Choices, resolve

    return resolve(Choices(directory=Path.cwd(), model=model, cfu=DEMO_CFU), project=None)


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
