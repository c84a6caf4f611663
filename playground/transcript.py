"""Pages with commands in them that are run, and what they print.

In a page's text, blocks fenced as `console` are filled in: each line that begins with `$` is run,
and what it prints follows. `from=WORD` and `until=WORD` after `console` leave out what is printed
before the first line with the one word, and what is after the first line with the other.
"""

from __future__ import annotations

__all__ = ["CLONE", "Fill", "Shell", "Tell", "fill_blocks", "stand_in"]

import os
import re
import shlex
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from toolchain import ToolFailed

CLONE = Path(__file__).parents[1]

Tell = Callable[[str], None]
Fill = Callable[[str, str, str], str]
"""From a block's language, what follows it on its first line, and its lines, to its lines."""

_FENCE = re.compile(r"^```(\w+) *([^\n]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_OF_TERMINALS = frozenset({"COLUMNS", "FORCE_COLOR", "TTY_COMPATIBLE"})


class Shell:
    """Runs commands one after the other, as in one session.

    Parameters
    ----------
    source
        The text that the commands are from, named in errors.
    environment
        Variables of the commands beside those of this process.

    Attributes
    ----------
    directory
        Where the session has gone to.
    seconds
        How long each command took, in their order.
    """

    def __init__(
        self,
        directory: Path,
        *,
        source: Path,
        tell: Tell,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self.directory = directory
        self.seconds: list[tuple[str, float]] = []
        self._source = source
        self._tell = tell
        self._environment = {
            **{name: text for name, text in os.environ.items() if name not in _OF_TERMINALS},
            **(environment or {}),
        }

    def line(self, line: str, *, begin: str, end: str) -> str:
        """Return a line, and after a command what it prints, from a word up to one if given.

        Raises
        ------
        ToolFailed
            If the command fails.
        """
        if not line.startswith("$ "):
            return line + "\n"
        command = line.removeprefix("$ ")
        if command.startswith("cd "):
            self.directory = (self.directory / command.removeprefix("cd ")).resolve()
            return line + "\n"
        self._tell(command)
        begun = time.monotonic()
        printed = self.run(command)
        self.seconds.append((command, time.monotonic() - begun))
        return line + "\n" + _shortened(printed, begin, end)

    def run(self, command: str) -> str:
        """Run a command in bash and return what it prints on its standard output."""
        process = subprocess.run(
            ["bash", "-o", "pipefail", "-c", command],
            cwd=self.directory,
            env=self._environment,
            capture_output=True,
            text=True,
            check=False,
        )
        if process.returncode != 0:
            raise ToolFailed(
                f"the command `{command}` ended with exit code {process.returncode}",
                hint=f"the commands are those of `{self._source}`",
                details=process.stderr,
            )
        return process.stdout


def stand_in(directory: Path) -> None:
    """Make a directory in which `./cfu` is the playground that runs this."""
    command = shlex.join([sys.executable, "-P", "-m", "playground"])
    cfu = directory / "cfu"
    cfu.write_text(f'#!/bin/sh\nexec {command} "$@"\n', encoding="utf-8")
    cfu.chmod(0o755)


def fill_blocks(text: str, shell: Shell, *, other: Fill = lambda *block: block[2]) -> list[str]:
    """Return the parts of a text: prose and filled blocks by turns, prose first and last.

    Parameters
    ----------
    other
        Fills blocks that are not `console`.
    """
    parts, end = [], 0
    for block in _FENCE.finditer(text):
        language, arguments, body = block.groups()
        if language == "console":
            cut = dict(word.split("=") for word in arguments.split())
            begin, last = cut.get("from", ""), cut.get("until", "")
            body = "".join(shell.line(line, begin=begin, end=last) for line in body.splitlines())
        else:
            body = other(language, arguments, body)
        parts += [text[end : block.start()], f"```{language}\n{body}```"]
        end = block.end()
    return [*parts, text[end:]]


def _shortened(printed: str, begin: str, end: str) -> str:
    lines: Sequence[str] = [line.rstrip() for line in printed.splitlines()]
    first = next((number for number, line in enumerate(lines) if begin in line), 0)
    rest = range(first, len(lines))
    last = next((number for number in rest if end and end in lines[number]), len(lines) - 1)
    before, after = ["..."] * (first > 0), ["..."] * (last < len(lines) - 1)
    return "".join(line + "\n" for line in (*before, *lines[first : last + 1], *after))
