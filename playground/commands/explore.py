"""`cfu explore`: search what a design is made of."""

from __future__ import annotations

__all__ = ["STUDIES", "explore"]

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from playground.commands import completing
from playground.commands.options import (
    AsJson,
    BoardOption,
    CfuOption,
    CompilerOption,
    CpuOption,
    IdealMemory,
    KernelsOption,
    ModelArgument,
    PlaceOption,
)
from playground.commands.writable import require_writable
from playground.console import Output
from toolchain import ArtifactCache, PlaygroundError

if TYPE_CHECKING:
    from playground.explore.workers import Crew

STUDIES = Path(".cfu", "explore.sqlite")
"""Where studies are kept, in a project or in the directory one is in."""


def explore(
    model: ModelArgument = None,
    *,
    cfu: CfuOption = None,
    kernels: KernelsOption = None,
    board: BoardOption = None,
    cpu: CpuOption = None,
    place: PlaceOption = None,
    ideal_memory: IdealMemory = None,
    compiler: CompilerOption = None,
    search: Annotated[
        list[str] | None,
        typer.Option(
            "--search",
            metavar="NAME[=VALUE,...]",
            autocompletion=completing.complete_search,
            help="What to search, such as `cpu.data_cache=0,4096` or `cfu.units`; may be repeated.",
        ),
    ] = None,
    objective: Annotated[
        list[str] | None,
        typer.Option(
            "--objective",
            metavar="cycles|cells|dsp|ram|milliseconds|energy",
            autocompletion=completing.complete_objectives,
            help="What to make small; may be repeated. Without it: cycles and cells.",
        ),
    ] = None,
    fits: Annotated[
        str | None,
        typer.Option(
            "--fits",
            metavar="BOARD",
            autocompletion=completing.complete_boards,
            help="The whole system must fit that board's FPGA.",
        ),
    ] = None,
    fpga: Annotated[
        str | None,
        typer.Option(
            "--fpga",
            metavar="BOARD",
            autocompletion=completing.complete_boards,
            help="On whose FPGA area is counted.",
        ),
    ] = None,
    max_cells: Annotated[int | None, typer.Option("--max-cells", metavar="N", min=0)] = None,
    max_dsp: Annotated[int | None, typer.Option("--max-dsp", metavar="N", min=0)] = None,
    max_ram: Annotated[int | None, typer.Option("--max-ram", metavar="N", min=0)] = None,
    trials: Annotated[
        int | None,
        typer.Option("--trials", metavar="N", min=1, help="Of the study in all; 100 without it."),
    ] = None,
    sampler: Annotated[
        str | None,
        typer.Option(
            "--sampler",
            metavar="nsga2|tpe|grid|random",
            autocompletion=completing.complete_samplers,
        ),
    ] = None,
    seed: Annotated[int | None, typer.Option("--seed", metavar="SEED", min=0)] = None,
    workers: Annotated[
        int | None,
        typer.Option("--workers", metavar="N", min=1, help="Trials at once, on this machine."),
    ] = None,
    scheduler: Annotated[
        str | None,
        typer.Option(
            "--scheduler", metavar="tcp://HOST:PORT", help="Have a Dask scheduler's workers try."
        ),
    ] = None,
    artifacts: Annotated[
        str | None,
        typer.Option(
            "--artifacts",
            metavar="DIR|URL",
            help="Through which the scheduler's workers share what they make, such as a bucket.",
        ),
    ] = None,
    study: Annotated[
        str | None,
        typer.Option(
            "--study",
            metavar="NAME",
            autocompletion=completing.complete_studies,
            help="Name of the study; by default the model's.",
        ),
    ] = None,
    storage: Annotated[
        str | None,
        typer.Option(
            "--storage",
            metavar="FILE|URL",
            help="Where studies are kept: a file, or PostgreSQL. By default "
            "`.cfu/explore.sqlite` in the project.",
        ),
    ] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on with a study, also one that was killed.")
    ] = False,
    confirm: Annotated[
        bool,
        typer.Option(
            "--confirm/--no-confirm", help="Whether to run the front on the RTL, too, at the end."
        ),
    ] = True,
    html: Annotated[
        Path | None,
        typer.Option("--html", metavar="FILE", help="Write the front with plots as HTML."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Search CPU, CFU, kernels and placement for the best designs; show those that none beats.

    Inside a project, which is a directory with a `cfu.toml`, everything is taken from there, what
    to search from its table `[explore]`; flags come first. docs/explore.md tells more.
    """
    from playground.explore.explore import PATIENCE_SECONDS, prepare_exploration
    from playground.explore.explore import explore as run_exploration
    from playground.explore.front import front_json, front_table, summary_lines
    from playground.explore.settings import read_settings, search_errors
    from playground.explore.space import parse_search
    from playground.explore.telling import Telling
    from playground.explore.workers import LocalCrew
    from playground.project import find_project, load_project
    from playground.resolve import Choices, resolve

    if html is not None:
        require_writable(html)
    if scheduler is not None and workers is not None:
        raise PlaygroundError(
            "`--workers` with `--scheduler`, whose workers are as many as were started",
            hint="leave out either",
        )
    if artifacts is not None and scheduler is None:
        raise PlaygroundError(
            "`--artifacts` without `--scheduler`",
            hint="processes of one machine share its cache anyway",
        )
    project = find_project(Path.cwd())
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
    settings = read_settings(
        load_project(project).explore if project is not None else None,
        {
            "search": parse_search(search or ()),
            "objectives": tuple(objective or ()),
            "trials": trials,
            "sampler": sampler,
            "seed": seed,
            "fpga": fpga,
            "fits": fits,
            "max_cells": max_cells,
            "max_dsp": max_dsp,
            "max_ram": max_ram,
        },
        project=project,
    )
    output, cache = Output(), ArtifactCache.default()
    design = resolve(choices, project=project)
    with search_errors(None if search else project, settings.search):
        exploration = prepare_exploration(design, settings, name=study, cache=cache)

    def crew() -> Crew:
        if scheduler is None:
            return LocalCrew(workers or 1, cache)
        from playground.explore.cluster import DaskCrew

        return DaskCrew(
            scheduler, artifacts=artifacts, patience_seconds=PATIENCE_SECONDS, tell=telling.tell
        )

    with Telling(output, settings.trials) as telling:
        found = run_exploration(
            exploration,
            crew,
            storage=_address(storage, project),
            resume=resume,
            confirms=confirm,
            told=telling.ended,
            confirming=telling.confirming,
            confirmed=telling.confirmed,
            tell=telling.tell,
            begun=telling.begun,
        )
    rtl = found.study.confirmed()
    lines = summary_lines(
        found.study, found.records, found.points, found.importances, area_note=exploration.area_note
    )
    if html is not None:
        from playground.explore.page import explore_page, save_page

        page = explore_page(
            found.study,
            found.records,
            found.points,
            found.default,
            found.importances,
            notes=lines,
        )
        save_page(page, html)
    if as_json:
        output.show_json(
            front_json(
                found.study, found.records, found.points, found.default, found.importances, rtl
            )
        )
    else:
        output.show(front_table(found.study, found.points, found.default, rtl), *lines)
    found.study.close()


def _address(storage: str | None, project: Path | None) -> str | Path:
    if storage is None:
        return (project or Path.cwd()) / STUDIES
    return storage if "://" in storage else Path(storage).absolute()
