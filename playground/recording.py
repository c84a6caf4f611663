"""Keeping what a project's runs showed."""

from __future__ import annotations

__all__ = ["check_label", "project_history", "record_run"]

import re
from pathlib import Path

from playground.console import Output
from playground.project import find_project
from playground.revision import project_revision
from profiles import History, Profile, RunContext, RunEntry
from toolchain import PlaygroundError


def record_run(
    project: Path | None,
    profile: Profile,
    output: Output,
    *,
    label: str | None = None,
    is_aside: bool = False,
) -> RunEntry | None:
    """Record a run in a project's history; a run is not lost because that cannot be written.

    Parameters
    ----------
    project
        Directory of the project; outside of one (`None`), nothing is recorded.
    label, is_aside
        See `profiles.RunContext`.

    Returns
    -------
    RunEntry or None
        `None` if nothing was recorded; if it should have been, a warning says why.
    """
    if project is None:
        return None
    revision = project_revision(project)
    context = RunContext(
        git_revision=revision.commit, is_dirty=revision.is_dirty, label=label, is_aside=is_aside
    )
    try:
        return History.open(project).record(profile, context)
    except PlaygroundError as error:
        hint = f" ({error.hint})" if error.hint else ""
        output.tell(f"warning: this run is not recorded: {error.message}{hint}")
        return None


def project_history(directory: Path) -> History:
    """Return the history of the project that a directory is in.

    Raises
    ------
    PlaygroundError
        If it is in none, or the history cannot be used.
    """
    project = find_project(directory)
    if project is None:
        raise PlaygroundError(
            "there is no history here: this is no project",
            hint="`cfu new NAME` writes a project; runs in it are recorded",
        )
    return History.open(project)


def check_label(label: str, project: Path | None) -> None:
    """Refuse a label that nothing could be found by again, or that nothing would keep.

    Raises
    ------
    PlaygroundError
        If there is no project, or the label is empty, has lines, or reads as a run's number.
    """
    if project is None:
        raise PlaygroundError(
            f"`--as {label}` is for a project's history, and this is no project",
            hint="`cfu new NAME` writes a project; `--save FILE` keeps a profile anywhere",
        )
    if not label.strip() or not label.isprintable() or label != label.strip():
        raise PlaygroundError(f"`--as` takes a word or a phrase, not {label!r}", hint=_EXAMPLE)
    if re.fullmatch(r"#?[0-9]+|last(~.*)?", label):
        raise PlaygroundError(
            f"`--as {label}` would be taken for another run's number", hint=_EXAMPLE
        )


_EXAMPLE = 'such as `cfu run --as "unrolled by 4"`'
