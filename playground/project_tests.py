"""Tests that a project has of its own, by pytest."""

from __future__ import annotations

__all__ = ["run_project_tests"]

import os
import subprocess
import sys
from pathlib import Path

from toolchain import PlaygroundError

_CONFIGURATIONS = ("pytest.ini", "pyproject.toml")
_NO_TESTS = 5  # pytest's exit status


def run_project_tests(project: Path) -> str | None:
    """Run `test_*.py` of a project and of its `tests/`, and return pytest's closing line.

    They may hold cycles to a bound: see `playground.pytest_plugin`.

    Returns
    -------
    str or None
        "2 passed in 1.42s"; None if there are no such files.

    Raises
    ------
    PlaygroundError
        If one fails, with what pytest said.
    """
    files = sorted([*project.glob("test_*.py"), *project.glob("tests/**/test_*.py")])
    if not files:
        return None
    # Not the configuration of a directory above, such as the clone that the project is in.
    own = (project / name for name in _CONFIGURATIONS if (project / name).is_file())
    configuration = next(own, Path(os.devnull))
    command = [sys.executable, "-m", "pytest", "-q", "--rootdir", str(project)]
    command += ["-c", str(configuration), "-p", "no:cacheprovider", *map(str, files)]
    ended = subprocess.run(
        command, cwd=project, check=False, capture_output=True, text=True, errors="replace"
    )
    if ended.returncode not in (0, _NO_TESTS):
        raise PlaygroundError(
            f"tests in `{project}` fail",
            hint=f"`{Path(sys.executable)} -m pytest` in there runs them alone, with a debugger "
            "and all else that pytest has",
            details=(ended.stdout + ended.stderr).rstrip(),
        )
    return ended.stdout.strip().splitlines()[-1].strip("= ")
