"""What the words after `cfu report` name."""

from __future__ import annotations

__all__ = ["named_run", "project_runs", "recorded_run"]

import dataclasses
import re
from pathlib import Path

from playground.commands.run import execute
from playground.console import Output
from playground.design import Design, baseline_of
from playground.project import PROJECT_FILE, find_project
from playground.recording import project_history, record_run
from playground.reporting.making import FoundRun
from playground.resolve import project_design
from profiles import History, RunEntry, load_profile
from toolchain import PlaygroundError

_RUN = re.compile(r"#?[0-9]+|last(~[0-9]+)?")


def named_run(reference: str, output: Output) -> FoundRun:
    """Return what a word names: a run of the project's history, a saved profile or a project.

    As for `cfu compare`, what reads as a run's number is one, and `./3` names a file. A project
    is run.

    Raises
    ------
    PlaygroundError
        If there is nothing of that name.
    """
    path = Path(reference)
    here = find_project(Path.cwd())
    is_number = _RUN.fullmatch(reference) is not None
    if here is not None and (is_number or not path.exists()):
        return _recorded(here, reference, is_number=is_number)
    directory = path.parent if path.name == PROJECT_FILE else path
    if not directory.is_dir():
        return FoundRun(load_profile(path), path.name, f"the profile `{path.name}`")
    design = project_design(directory)
    return _ran(design, output, project=here if directory.resolve() == here else None)


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
    label = f", {entry.label}" if entry.label is not None else ""
    origin = f"run {entry.number} of the project's history"
    return FoundRun(history.profile(entry), f"run {entry.number}{label}", origin, entry)


def _recorded(project: Path, reference: str, *, is_number: bool) -> FoundRun:
    history = project_history(project)
    try:
        entry = history.find(reference)
    except PlaygroundError as error:
        if is_number:
            raise
        raise PlaygroundError(
            f"there is no file, directory or run `{reference}`", hint=error.hint
        ) from error
    return recorded_run(history, entry)


def _ran(
    design: Design, output: Output, *, project: Path | None, is_baseline: bool = False
) -> FoundRun:
    design = dataclasses.replace(design, why=True)
    name = "baseline" if is_baseline else "project"
    profile = execute(design, output, subject=name)
    entry = record_run(project, profile, output, is_aside=is_baseline)
    origin = f"run {entry.number} of the project's history" if entry is not None else "run now"
    return FoundRun(profile, name, origin, entry, design)
