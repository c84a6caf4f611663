"""`cfu log`: the runs of a project."""

from __future__ import annotations

__all__ = ["log"]

import csv
import io
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from playground.commands.options import AsJson
from playground.console import Output
from toolchain import PlaygroundError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from profiles.history_table import LoggedRun

_SHOWN_RUNS = 30  # in a table, unless more are asked for


def log(
    *,
    model: Annotated[
        str | None, typer.Option("--model", metavar="MODEL", help="Runs of this model only.")
    ] = None,
    limit: Annotated[
        int | None,
        typer.Option(
            "--limit",
            "-n",
            metavar="N",
            min=1,
            help="The newest runs only; a table has 30 unless said, CSV and JSON all.",
        ),
    ] = None,
    as_csv: Annotated[
        bool, typer.Option("--csv", help="Print comma-separated values instead of a table.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Show the runs that the project's history has, newest first.

    Each is shown with its change against the one before of the same model, board and CPU. `cfu
    show` has the whole of a run, `cfu compare` puts several side by side.
    """
    from playground.recording import project_history
    from profiles.history_table import log_table, logged_runs, run_json

    if as_csv and as_json:
        raise PlaygroundError("`--csv` with `--json`", hint="leave out either")
    output = Output()
    history = project_history(Path.cwd())
    runs = logged_runs(history.entries())
    if model is not None:
        runs = of_model(runs, model)
    shown = runs[: limit or (len(runs) if as_csv or as_json else _SHOWN_RUNS)]
    if as_json:
        output.show_json([run_json(run) for run in shown])
    elif as_csv:
        output.show_text(_csv(shown))
    elif not runs:
        output.tell("no runs are recorded here yet: `cfu run` and `cfu compare` record theirs")
    else:
        older = len(runs) - len(shown)
        caption = f"{older} more runs are older: `--limit {len(runs)}`" if older else ""
        output.show(log_table(shown, caption=caption, width=output.width))


def of_model(runs: Sequence[LoggedRun], model: str) -> tuple[LoggedRun, ...]:
    """Return the runs of a model.

    Raises
    ------
    PlaygroundError
        If there are none, with the nearest model that there are runs of.
    """
    from playground.names import unknown_name

    found = tuple(run for run in runs if run.entry.model == model)
    if not found:
        models = sorted({run.entry.model for run in runs})
        raise unknown_name("recorded run of a model", model, models, listed_by="cfu log")
    return found


def _csv(runs: Sequence[LoggedRun]) -> str:
    from profiles.history_table import CSV_COLUMNS, run_json

    text = io.StringIO()
    writer = csv.DictWriter(text, CSV_COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(run_json(run) for run in runs)
    return text.getvalue()
