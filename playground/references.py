"""What words on the command line name: runs of a project's history, saved profiles, projects."""

from __future__ import annotations

__all__ = ["RecordedRun", "look_up"]

import re
from dataclasses import dataclass
from pathlib import Path

from playground.project import PROJECT_FILE, find_project
from playground.recording import project_history
from profiles import History, Profile, RunEntry
from toolchain import PlaygroundError

_RUN = re.compile(r"#?[0-9]+|last(~[0-9]+)?")


@dataclass(frozen=True)
class RecordedRun:
    """A run of a project's history."""

    history: History
    entry: RunEntry

    @property
    def profile(self) -> Profile:
        """What it showed."""
        return self.history.profile(self.entry)

    @property
    def name(self) -> str:
        """Its number, and its label if it has one: "run 3, unrolled"."""
        label = f", {self.entry.label}" if self.entry.label is not None else ""
        return f"run {self.entry.number}{label}"


def look_up(reference: str) -> RecordedRun | Path:
    """Return the run, the directory of a project or the file that a word names.

    What reads as a run's number is one, in a project. Else it is a file or directory if there is
    one of that name, else a run. So a file whose name is a number is named with its directory, as
    in `./3`. Outside of a project there are no runs, and a path need not exist.

    Raises
    ------
    PlaygroundError
        If there is nothing of that name in a project.
    """
    path = Path(reference)
    project = find_project(Path.cwd())
    is_number = _RUN.fullmatch(reference) is not None
    if project is None or (path.exists() and not is_number):
        directory = path.parent if path.name == PROJECT_FILE else path
        return directory if directory.is_dir() else path
    history = project_history(project)
    try:
        return RecordedRun(history, history.find(reference))
    except PlaygroundError as error:
        if is_number:
            raise
        raise PlaygroundError(
            f"there is no file, directory or run `{reference}`", hint=error.hint
        ) from error
