"""`cfu show`: all that a recorded run showed."""

from __future__ import annotations

__all__ = ["show"]

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from playground.commands import completing
from playground.commands.options import AsJson
from playground.commands.run import show_profile
from playground.commands.writable import require_writable
from playground.console import Output

if TYPE_CHECKING:
    from profiles import RunEntry


def show(
    run: Annotated[
        str,
        typer.Argument(
            help="A run of `cfu log`: its number, `last`, `last~1`, its label or its design's "
            "digest.",
            autocompletion=completing.complete_runs,
        ),
    ] = "last",
    *,
    save: Annotated[
        Path | None, typer.Option("--save", metavar="FILE", help="Write its profile as JSON.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Show a recorded run as `cfu run` showed it, and what it was run from.

    JSON has the run's entry with its `profile`; `--save` writes the profile alone, as `cfu run
    --save` does.
    """
    from playground.recording import project_history
    from profiles import profile_json, save_profile
    from profiles.history_table import LoggedRun, run_json
    from profiles.why_table import why_tables

    if save is not None:
        require_writable(save)
    output = Output()
    history = project_history(Path.cwd())
    entry = history.find(run)
    profile = history.profile(entry)
    if save is not None:
        save_profile(profile, save)
    if as_json:
        values = run_json(LoggedRun(entry, None))
        for relative in ("reference", "change"):
            del values[relative]
        output.show_json({**values, "profile": profile_json(profile)})
        return
    output.show(*_lines(entry), "")
    show_profile(profile, output)
    if profile.layers[0].split is not None:
        for table in why_tables(profile, width=output.width):
            output.show("", table)
    tools = ", ".join(f"{name} {version}" for name, version in sorted(profile.tools.items()))
    output.show(f"tools: {tools}")


def _lines(entry: RunEntry) -> list[str]:
    """Return what is known of a run beside its profile."""
    label = f" “{entry.label}”" if entry.label is not None else ""
    lines = [f"run {entry.number}{label}, {entry.time.astimezone():%Y-%m-%d %H:%M:%S %Z}"]
    if entry.repeats:
        times = "once more" if entry.repeats == 1 else f"{entry.repeats} more times"
        last = f"{entry.last_time.astimezone():%Y-%m-%d %H:%M:%S}"
        lines.append(f"the same was run {times}, last at {last}")
    if entry.git_revision is not None:
        changed = ", with changes that are not committed" if entry.is_dirty else ""
        lines.append(f"commit {entry.git_revision}{changed}")
    elif entry.is_dirty:
        lines.append("nothing was committed yet")
    lines.append(f"design {entry.design_digest}")
    return lines
