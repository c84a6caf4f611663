"""`cfu best`: the fastest of a project's runs."""

from __future__ import annotations

__all__ = ["best"]

from pathlib import Path
from typing import Annotated

import typer

from playground.commands.options import AsJson
from playground.console import Output


def best(
    *,
    model: Annotated[
        str | None, typer.Option("--model", metavar="MODEL", help="Of this model only.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Show the run with the fewest cycles of each model, board and CPU in the project's history.

    Its speedup is over the baseline, or else over the first run. Runs with wrong results do not
    count.
    """
    from playground.commands.log import of_model
    from playground.recording import project_history
    from profiles.history_table import best_runs, best_table, run_json

    output = Output()
    runs = best_runs(project_history(Path.cwd()).entries())
    if model is not None:
        runs = of_model(runs, model)
    if as_json:
        output.show_json([{**run_json(run), "speedup": run.speedup} for run in runs])
    elif not runs:
        output.tell("no runs are recorded here yet: `cfu run` and `cfu compare` record theirs")
    else:
        output.show(best_table(runs, width=output.width))
