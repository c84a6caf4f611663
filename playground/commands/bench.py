"""`cfu bench`: the numbers in the pages of docs/, one of them at a time."""

from __future__ import annotations

__all__ = ["Bench", "bench", "benchmark_design"]

import enum
import os
import shutil
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from playground.commands.demo import DEMO_CFU
from playground.commands.options import AsJson
from playground.commands.run import execute
from playground.commands.writable import require_writable
from playground.console import Output
from playground.design import RTL_SIMULATOR, Design, baseline_of
from playground.progress import ConsoleProgress
from toolchain import ArtifactCache, PlaygroundError

if TYPE_CHECKING:
    from playground.catalog import CatalogModel

_EDITED_MODEL = "kws01"


class Bench(enum.StrEnum):
    """What can be measured."""

    MODELS = "models"
    SYNTH = "synth"
    LADDER = "ladder"
    PARTS = "parts"
    TUTORIAL = "tutorial"
    SIM = "sim"
    EXPLORE = "explore"
    START = "start"


def bench(
    name: Annotated[Bench, typer.Argument(help="What to measure.")] = Bench.MODELS,
    *,
    write: Annotated[
        Path | None, typer.Option("--write", metavar="FILE", help="Write the page to a file.")
    ] = None,
    models: Annotated[
        str | None,
        typer.Option(
            "--models", metavar="MODEL,...", help="Models of `ladder` and `sim`; all without it."
        ),
    ] = None,
    cfus: Annotated[
        str | None,
        typer.Option("--cfus", metavar="CFU,...", help="CFUs of `sim`; all without it."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Measure the models, every board (`synth`), every CFU (`ladder`), or every part (`parts`).

    `tutorial` runs the commands of the tutorial, `sim` holds the fast simulator to the RTL,
    `explore` searches for designs, or goes on with that search; `start` does what a new user
    does, in a fresh clone of the last commit.

    Models of MLPerf Tiny are downloaded if they are not in the cache. Cycles are the same on every
    machine; the speed of the simulation, of a rebuild and of a synthesis are this machine's.
    """
    output = Output()
    if write is not None:
        require_writable(write, writes=".md")
    if models is not None and name not in (Bench.LADDER, Bench.SIM):
        raise PlaygroundError(
            f"`--models` with `cfu bench {name}`, which measures all of them",
            hint="`cfu bench ladder --models digits_cnn,ad01` measures the ladder of some",
        )
    if cfus is not None and name is not Bench.SIM:
        raise PlaygroundError(
            f"`--cfus` with `cfu bench {name}`, which measures all of them",
            hint="`cfu bench sim --cfus none,simd_mac` simulates some",
        )
    match name:
        case Bench.MODELS:
            page, values = _bench_models(output)
        case Bench.SYNTH:
            page, values = _bench_boards(output)
        case Bench.LADDER:
            page, values = _bench_ladder(output, models)
        case Bench.PARTS:
            page, values = _bench_parts(output)
        case Bench.TUTORIAL:
            page, values = _bench_tutorial(output)
        case Bench.SIM:
            page, values = _bench_simulators(output, models, cfus)
        case Bench.EXPLORE:
            page, values = _bench_exploration(output)
        case Bench.START:
            page, values = _bench_start(output)
    if write is not None:
        try:
            write.write_text(page, encoding="utf-8")
        except OSError as error:
            raise PlaygroundError(
                f"cannot write `{write}`: {error.strerror}", hint="choose another file"
            ) from error
    if as_json:
        output.show_json(values)
    elif write is None:
        output.show_text(page)


def _bench_models(output: Output) -> tuple[str, object]:
    """Return the page of models, and the same as JSON-able values."""
    from playground.benchmarks import Benchmark, benchmarks_json, benchmarks_page
    from playground.catalog import catalog
    from playground.models.fetch import fetch_models

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
    return benchmarks_page(found), benchmarks_json(found)


def _bench_boards(output: Output) -> tuple[str, object]:
    """Return the page of boards, and the same as JSON-able values."""
    from playground.synth_bench import boards_page, measure_boards, synth_benchmarks_json

    found = measure_boards(
        DEMO_CFU,
        cache=ArtifactCache.default(),
        progress=lambda board: ConsoleProgress(output.messages, subject=board),
    )
    return boards_page(found), synth_benchmarks_json(found)


def _bench_ladder(output: Output, names: str | None) -> tuple[str, object]:
    """Return the page of the ladder, and the same as JSON-able values."""
    from playground.ladder import ladder_rungs, measure_ladder
    from playground.ladder_page import ladder_json, ladder_page

    cache = ArtifactCache.default()
    ladder = measure_ladder(
        _chosen_models(names, cache),
        ladder_rungs(),
        cache=cache,
        progress=lambda subject: ConsoleProgress(output.messages, subject=subject),
    )
    return ladder_page(ladder), ladder_json(ladder)


def _chosen_models(names: str | None, cache: ArtifactCache) -> list[CatalogModel]:
    """Return models by their names, all without, after fetching those that are not here."""
    from playground.catalog import catalog, catalog_names, find_model
    from playground.models.fetch import REMOTE_MODELS, fetch_models

    chosen = catalog_names() if names is None else tuple(names.split(","))
    for name in chosen:
        find_model(name, cache=cache)  # a name that is wrong is told before anything is fetched
    fetch_models(cache, [model.name for model in REMOTE_MODELS if model.name in chosen])
    return [model for model in catalog(cache) if model.name in chosen]


def _bench_parts(output: Output) -> tuple[str, object]:
    """Return the page of parts, and the same as JSON-able values."""
    from gateware.part_examples import part_examples
    from playground.parts_bench import measure_parts, parts_json, parts_page

    found = measure_parts(
        part_examples(),
        cache=ArtifactCache.default(),
        progress=lambda subject: ConsoleProgress(output.messages, subject=subject),
    )
    return parts_page(found), parts_json(found)


def _bench_tutorial(output: Output) -> tuple[str, object]:
    """Return the tutorial's page, and the cycles of its steps as JSON-able values."""
    from playground.tutorial import STEPS, tutorial_page, tutorial_totals

    page = tutorial_page(tell=output.tell)
    totals = zip(STEPS, tutorial_totals(page), strict=True)
    return page, [{"step": step, "cycles": cycles} for step, cycles in totals]


def _bench_start(output: Output) -> tuple[str, object]:
    """Return the documentation's first page, and how long its commands took."""
    from playground.start_page import start_page

    started = start_page(is_fresh=True, tell=output.tell)
    return started.page, [{"command": c, "seconds": s} for c, s in started.seconds]


def _bench_simulators(output: Output, models: str | None, cfus: str | None) -> tuple[str, object]:
    """Return the page of simulators, and the same as JSON-able values."""
    from playground.simulators_bench import (
        fast_cfus,
        measure_simulators,
        simulators_json,
        simulators_page,
    )

    cache = ArtifactCache.default()
    chosen = fast_cfus(None if cfus is None else cfus.split(","))
    found = measure_simulators(
        [model.name for model in _chosen_models(models, cache)],
        chosen,
        cache=cache,
        progress=lambda subject: ConsoleProgress(output.messages, subject=subject),
    )
    command = "cfu bench sim"
    for flag, value in (("--models", models), ("--cfus", cfus)):
        command += f" {flag} {value}" if value is not None else ""
    page = simulators_page(found, command=f"{command} --write docs/simulators.md")
    return page, simulators_json(found)


def _bench_exploration(output: Output) -> tuple[str, object]:
    """Return the page of a search, and the same as JSON-able values."""
    from playground.commands.explore import STUDIES
    from playground.explore.bench import (
        ExploreBench,
        bench_json,
        bench_page,
        measure_exploration,
        measure_workers,
    )
    from playground.models.fetch import fetch_models

    cache = ArtifactCache.default()
    fetch_models(cache)
    load, _, _ = os.getloadavg()
    rates = measure_workers(tell=output.tell)
    exploration, found = measure_exploration(
        STUDIES.absolute().parent, cache=cache, tell=output.tell
    )
    measured = ExploreBench(exploration, found, rates, load)
    page, values = bench_page(measured), bench_json(measured)
    found.study.close()
    return page, values


def benchmark_design(model: str) -> Design:
    """Return what is measured of a model: the CFU that comes along, on the RTL.

    Raises
    ------
    PlaygroundError
        If the model is one that has to be fetched first.
    """
    from playground.resolve import Choices, resolve

    choices = Choices(directory=Path.cwd(), model=model, cfu=DEMO_CFU, simulator=RTL_SIMULATOR)
    return resolve(choices, project=None)


def _seconds_after_edit(design: Design, output: Output) -> float | None:
    """Return the time from a changed kernel to its profile, as somebody editing it waits.

    On the simulator that a run has unless it names one.
    """
    if design.kernels is None:
        return None
    with tempfile.TemporaryDirectory(prefix="cfu-bench-") as directory:
        # With the sets beside it, whose kernels it may include.
        copied = shutil.copytree(design.kernels.parent, Path(directory, "kernels"))
        edited = replace(design, kernels=Path(copied, design.kernels.name), simulator=None)
        source = max(edited.kernel_files, key=lambda file: file.stat().st_size)
        # A change no earlier run can have seen, or the cache would answer.
        with source.open("a", encoding="utf-8") as file:
            file.write(f'\nextern const char kEdit[];\nconst char kEdit[] = "{time.time_ns()}";\n')
        begun = time.monotonic()
        execute(edited, output, subject="after an edit")
        return time.monotonic() - begun
