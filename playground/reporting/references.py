"""What the words after `cfu report` name."""

from __future__ import annotations

__all__ = ["named_run", "project_runs", "recorded_run"]

import dataclasses
from pathlib import Path

from playground.commands.run import execute
from playground.console import Output
from playground.design import Design, baseline_of
from playground.project import find_project
from playground.recording import record_run
from playground.references import RecordedRun, look_up
from playground.reporting.making import FoundRun
from playground.resolve import project_design
from profiles import History, RunEntry, load_profile
from toolchain import PlaygroundError


def named_run(reference: str, output: Output) -> FoundRun:
    """Return what a word names: a run of the project's history, a saved profile or a project.

    See `playground.references.look_up`. A project is run.

    Raises
    ------
    PlaygroundError
        If there is nothing of that name.
    """
    found = look_up(reference)
    if isinstance(found, RecordedRun):
        return recorded_run(found.history, found.entry)
    if not found.is_dir():
        return FoundRun(load_profile(found), found.name, f"the profile `{found.name}`")
    here = find_project(Path.cwd())
    return _ran(project_design(found), output, project=here if found.resolve() == here else None)


def project_runs(output: Output) -> tuple[FoundRun, ...]:
    """Run the project and its baseline, recorded as `cfu compare` does.

    Raises
    ------
    PlaygroundError
        If there is no project here, or it cannot be run.
    """
    project = find_project(Path.cwd())
    if project is None:
        raise PlaygroundError(
            "nothing to report is named",
            hint="name profiles that `cfu run --save FILE` wrote, or work in a project",
        )
    design = project_design(project)
    return (
        _ran(baseline_of(design), output, project=project, is_baseline=True),
        _ran(design, output, project=project),
    )


def recorded_run(history: History, entry: RunEntry) -> FoundRun:
    """Return a run of a history."""
    run = RecordedRun(history, entry)
    origin = f"run {entry.number} of the project's history"
    return FoundRun(run.profile, run.name, origin, entry)


def _ran(
    design: Design, output: Output, *, project: Path | None, is_baseline: bool = False
) -> FoundRun:
    design = dataclasses.replace(design, why=True)
    name = "baseline" if is_baseline else "project"
    profile = execute(design, output, subject=name)
    entry = record_run(project, profile, output, is_aside=is_baseline)
    origin = f"run {entry.number} of the project's history" if entry is not None else "run now"
    return FoundRun(profile, name, origin, entry, design)
