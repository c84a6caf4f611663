"""Running tools as child processes."""

from __future__ import annotations

__all__ = ["Tool", "run_tool"]

import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from toolchain.errors import ToolFailed, ToolMissing


@dataclass(frozen=True)
class Tool:
    """A program, how to start it and which version it is.

    Attributes
    ----------
    command
        Program and leading arguments.
    environment
        Variables set on top of the caller's environment.
    version
        Part of the digest of everything the tool makes.
    """

    name: str
    command: tuple[str, ...]
    version: str
    environment: Mapping[str, str] = field(default_factory=dict)

    @property
    def identity(self) -> str:
        """The name and version by which artifacts tell tools apart."""
        return f"{self.name} {self.version}"


def run_tool(
    tool: Tool, arguments: Sequence[str | Path], *, cwd: Path | None = None, what: str
) -> str:
    """Run a tool to its end and return what it wrote to standard output.

    The tool shares the caller's process group, so that Ctrl-C and a closed terminal end it too, in
    whichever thread it was started. It is also killed when only the caller is interrupted.

    Parameters
    ----------
    what
        What the tool is doing, for the error message: "compiling `conv_2d.cc`".

    Raises
    ------
    ToolMissing
        If the program cannot be started.
    ToolFailed
        If it exits with a status other than zero, with its own messages as details.
    """
    command = [*tool.command, *map(str, arguments)]
    try:
        process = subprocess.Popen(
            command,
            cwd=cwd,
            env={**os.environ, **tool.environment},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",
        )
    except OSError as error:
        raise ToolMissing(
            f"cannot start `{tool.name}`: {error.strerror}",
            hint="`cfu doctor` shows what is missing",
        ) from error
    try:
        stdout, stderr = process.communicate()
    except BaseException:
        process.kill()
        process.communicate()
        raise
    if process.returncode != 0:
        ending = (
            f"exit status {process.returncode}"
            if process.returncode > 0
            else f"signal {signal.Signals(-process.returncode).name}"
        )
        raise ToolFailed(
            f"{tool.name} failed {what} ({ending})", details=(stderr.strip() or stdout.strip())
        )
    return stdout
