"""The documentation's first page: what a new user does from the clone on, and how long it takes.

Its text is `tutorial/start.md`, whose commands are run as `playground.transcript` tells. The line
`{times}` in it becomes the table of how long each one took.
"""

from __future__ import annotations

__all__ = ["Started", "start_page", "without_times"]

import os
import re
import shlex
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from playground.transcript import CLONE, Shell, Tell, fill_blocks, stand_in

_TEXT = Path("tutorial", "start.md")
_CLONING = "git clone "
_HEAD = """\
<!-- Written by `cfu bench start --write docs/index.md` from tutorial/start.md: edit that. -->

"""
_TIMES = "{times}"


@dataclass(frozen=True)
class Started:
    """What was measured.

    Attributes
    ----------
    page
        The Markdown page.
    seconds
        How long each command took, in their order.
    """

    page: str
    seconds: tuple[tuple[str, float], ...]


def start_page(*, is_fresh: bool, tell: Tell = lambda command: None) -> Started:
    """Return the page, after running every command in it.

    Parameters
    ----------
    is_fresh
        Whether in a clone of this one's last commit, with nothing installed, no artifacts and no
        downloads of before; else the playground that runs this is used, with what it has.
    tell
        Called with each command before it is run.

    Raises
    ------
    ToolFailed
        If a command fails.
    """
    with tempfile.TemporaryDirectory(prefix="cfu-start-") as name:
        scratch = Path(name)
        clone = _real_clone if is_fresh else _pretended_clone
        environment = {}
        if is_fresh:
            environment["CFU_CACHE"] = str(scratch / "artifacts")
            environment["PIP_CACHE_DIR"] = str(scratch / "downloads")
        shell = _Cloning(scratch, clone=clone, tell=tell, environment=environment)
        parts = fill_blocks((CLONE / _TEXT).read_text(encoding="utf-8"), shell)
    page = "".join(parts).replace(_TIMES, _table(shell.seconds))
    return Started(_HEAD + page, tuple(shell.seconds))


def without_times(page: str) -> str:
    """Return the page without what is another time each time."""
    return re.sub(r"^\| .* \|$", "", page.partition("## Where to read on")[0], flags=re.MULTILINE)


class _Cloning(Shell):
    """A session in which to clone is to clone this clone, wherever the text has it from."""

    def __init__(
        self,
        directory: Path,
        *,
        clone: Callable[[Path], str],
        tell: Tell,
        environment: dict[str, str],
    ) -> None:
        super().__init__(directory, source=_TEXT, tell=tell, environment=environment)
        self._clone = clone

    def run(self, command: str) -> str:
        if command.startswith(_CLONING):
            command = self._clone(self.directory / command.split()[-1])
        return super().run(command)


def _real_clone(directory: Path) -> str:
    return shlex.join(["git", "clone", "--quiet", str(CLONE), str(directory)])


def _pretended_clone(directory: Path) -> str:
    directory.mkdir()
    stand_in(directory)
    return "true"


def _table(seconds: list[tuple[str, float]]) -> str:
    rows = [("command", "time"), ("---", "---:")]
    rows += [(f"`{command}`", _time(taken)) for command, taken in seconds]
    rows.append(("all of them", _time(sum(taken for _, taken in seconds))))
    table = "\n".join(f"| {command} | {taken} |" for command, taken in rows)
    cores = len(os.sched_getaffinity(0))
    return f"On a machine with {cores} cores, downloads included:\n\n{table}"


def _time(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"
