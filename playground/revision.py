"""Which commit a project is at."""

from __future__ import annotations

__all__ = ["Revision", "project_revision"]

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

_PATIENCE_SECONDS = 10.0


@dataclass(frozen=True)
class Revision:
    """The state of a project's files as its repository sees it.

    Attributes
    ----------
    commit
        Full hash; `None` without a repository, or before the first commit.
    is_dirty
        Whether files in the project differ from it or are not in it; `None` without a repository.
    """

    commit: str | None = None
    is_dirty: bool | None = None


def project_revision(project: Path) -> Revision:
    """Return the revision of a project; that of nothing if git has no answer.

    Files that the repository ignores do not count, nor does what is beside the project.
    """
    command = ["git", "--no-optional-locks", "status", "--porcelain=v2", "--branch", "--", "."]
    # Whoever calls us from a hook has git look elsewhere.
    environment = {key: value for key, value in os.environ.items() if not key.startswith("GIT_")}
    try:
        told = subprocess.run(
            command,
            cwd=project,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=True,
            timeout=_PATIENCE_SECONDS,
            text=True,
            errors="replace",
        ).stdout.splitlines()
    except (OSError, subprocess.SubprocessError):
        return Revision()
    head = "# branch.oid "
    commits = [line.removeprefix(head) for line in told if line.startswith(head)]
    return Revision(
        commit=next((commit for commit in commits if commit != "(initial)"), None),
        is_dirty=any(not line.startswith("# ") for line in told),
    )
