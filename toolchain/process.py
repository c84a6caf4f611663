"""Running tools as child processes."""

from __future__ import annotations

__all__ = ["Tool", "failure_of", "run_tool", "tool_environment"]

import contextlib
import os
import signal
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from toolchain.children import end, ends_with_us
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
    scratch_variable
        Name of a variable that is set to an empty directory, another one for each run, so that a
        run finds nothing that an earlier one kept.
    """

    name: str
    command: tuple[str, ...]
    version: str
    environment: Mapping[str, str] = field(default_factory=dict)
    scratch_variable: str | None = None

    @property
    def identity(self) -> str:
        """By which artifacts tell tools apart: name, version, and that it is kept from keeping."""
        forgetful = ", forgetful" if self.scratch_variable is not None else ""
        return f"{self.name} {self.version}{forgetful}"


@contextlib.contextmanager
def tool_environment(tool: Tool) -> Iterator[Mapping[str, str]]:
    """Yield all the variables for one run of a tool."""
    variables = {**os.environ, **tool.environment}
    if tool.scratch_variable is None:
        yield variables
        return
    with tempfile.TemporaryDirectory(prefix="cfu-", ignore_cleanup_errors=True) as scratch:
        yield {**variables, tool.scratch_variable: scratch}


def run_tool(
    tool: Tool, arguments: Sequence[str | Path], *, cwd: Path | None = None, what: str
) -> str:
    """Run a tool to its end and return what it wrote to standard output.

    The tool shares the caller's process group, so that Ctrl-C and a closed terminal end it too, in
    whichever thread it was started. It is also killed, with all it started, when only the caller
    is interrupted or ends.

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
    with tool_environment(tool) as environment:
        try:
            process = subprocess.Popen(
                command,
                cwd=cwd,
                env=environment,
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
            with ends_with_us(process.pid):
                stdout, stderr = process.communicate()
        except BaseException:
            if process.poll() is None:
                end([process.pid])
            process.communicate()
            raise
    if process.returncode != 0:
        raise failure_of(tool, what, process.returncode, stderr.strip() or stdout.strip())
    return stdout


def failure_of(tool: Tool, what: str, status: int, said: str) -> ToolFailed:
    """Return the error of a tool that ended with a status other than zero.

    Parameters
    ----------
    status
        Negative for a signal.
    said
        By the tool.
    """
    ending = f"exit status {status}" if status > 0 else f"signal {signal.Signals(-status).name}"
    failure = ToolFailed(f"{tool.name} failed {what} ({ending})", details=said)
    failure.status = status
    return failure
