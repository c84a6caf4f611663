"""`cfu serve`: a project's history in the browser."""

from __future__ import annotations

__all__ = ["serve"]

from pathlib import Path
from typing import Annotated

import typer

from playground.console import Output
from toolchain import PlaygroundError


def serve(
    *,
    host: Annotated[
        str,
        typer.Option("--host", metavar="HOST", help="Where to listen; by default this machine."),
    ] = "127.0.0.1",
    port: Annotated[
        int,
        typer.Option("--port", metavar="PORT", min=0, max=65_535, help="0 takes a free one."),
    ] = 8700,
) -> None:
    """Show the project's runs, their reports and comparisons in the browser, live.

    Nothing can be changed from there. Ctrl-C ends it.
    """
    from playground.project import find_project
    from playground.serve import HostRule, listen, serve_project

    project = find_project(Path.cwd())
    if project is None:
        raise PlaygroundError(
            "there is nothing to serve: this is no project",
            hint="`cfu new NAME` writes a project; runs in it are recorded, and shown here",
        )
    output = Output()
    with listen(host, port) as listening:
        address, bound, *_ = listening.getsockname()
        if not HostRule(host, address).is_loopback:
            output.tell(
                f"warning: whoever can reach {address} can read this project's runs: there is no "
                "password and no encryption"
            )
        shown = f"[{host}]" if ":" in host else host
        output.show(f"http://{shown}:{bound}/")
        output.data.file.flush()
        output.tell(f"serving the runs of `{project.name}`; Ctrl-C ends it")
        serve_project(project, listening, host=host)
