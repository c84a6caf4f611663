"""`cfu report`: runs as one HTML file."""

from __future__ import annotations

__all__ = ["report"]

from pathlib import Path
from typing import Annotated

import typer

from playground.commands import completing
from playground.commands.options import AllowUnlike, AsJson
from playground.commands.writable import require_writable
from playground.console import Output
from playground.progress import ConsoleProgress


def report(
    what: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[RUN|PROFILE|PROJECT]...",
            autocompletion=completing.complete_runs,
            help="Runs of the project's history (`3`, `last`, `last~1`, a label), saved profiles "
            "or directories of projects; of several, the first is the baseline.",
        ),
    ] = None,
    *,
    file: Annotated[
        Path, typer.Option("--output", "-o", metavar="FILE", help="The file to write.")
    ] = Path("report.html"),
    allow_unlike: AllowUnlike = False,
    as_json: AsJson = False,
) -> None:
    """Write a report: one HTML file that needs no network.

    Inside a project and with nothing named, the project and its model's baseline are run, and what
    each cycle went to is counted. What is named is read as it was recorded.
    """
    from playground.project import find_project
    from playground.reporting import make_report, named_run, project_runs
    from profiles import History
    from profiles.report import save_report

    require_writable(file)
    output = Output()
    progress = ConsoleProgress(output.messages)
    runs = [named_run(each, output) for each in what] if what else project_runs(output)
    project = find_project(Path.cwd())
    with progress.phase("report", "drawing the report"):
        has_history = project is not None and History.path_in(project).exists()
        made = make_report(
            runs,
            project=project,
            history=History.open(project).entries() if project and has_history else (),
            allow_unlike=allow_unlike,
        )
        size = save_report(made, file)
    if as_json:
        output.show_json({"file": str(file), "bytes": size, "runs": len(runs)})
    else:
        output.show(f"wrote `{file}`, {size / 1e3:,.0f} kB: any browser opens it")
