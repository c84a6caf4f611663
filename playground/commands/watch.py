"""`cfu watch`: run the project whenever a file is saved."""

from __future__ import annotations

__all__ = ["watch"]

from pathlib import Path
from typing import Annotated

import typer

from playground.console import Output
from toolchain import PlaygroundError


def watch(
    *,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print a line of JSON for each run instead of tables.")
    ] = False,
) -> None:
    """Run the project now and whenever one of its files is saved; show the layers that changed.

    What a saved file has no part in is not built again. An error is shown with its file and line,
    and the next save is waited for. Every run is recorded; Ctrl-C ends it.
    """
    from playground.project import find_project
    from playground.watching import only_watcher, watch_project

    project = find_project(Path.cwd())
    if project is None:
        raise PlaygroundError(
            "there is nothing to watch: this is no project", hint="`cfu new NAME` writes one"
        )
    with only_watcher(project):
        watch_project(project, Output(), as_json=as_json)
