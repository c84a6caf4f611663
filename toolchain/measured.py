"""Running long tools: their lines as they come, the time and the memory they took."""

from __future__ import annotations

__all__ = ["Measurement", "Taken", "run_measured"]

import contextlib
import os
import resource
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from toolchain.children import end, ends_with_us
from toolchain.errors import ToolMissing
from toolchain.process import Tool, failure_of, tool_environment

_SECONDS_BETWEEN_LOOKS = 0.05
_DRIFT_KIB = 4096  # by far more than what the system's counts of a process's pages are off by


@dataclass(frozen=True)
class Taken:
    """What a tool took.

    Attributes
    ----------
    seconds
        Wall time.
    processor_seconds
        Time for which the tool and its own children kept processors busy; it depends less than
        wall time does on what else the machine was doing.
    peak_bytes
        Largest resident memory of the tool, looked at 20 times a second and at the end.
    """

    seconds: float
    processor_seconds: float
    peak_bytes: int


@dataclass(frozen=True)
class Measurement:
    """What a tool took and what it said.

    Attributes
    ----------
    log
        Standard output and standard error in the order they were written.
    """

    taken: Taken
    log: str


def run_measured(
    tool: Tool,
    arguments: Sequence[str | Path],
    *,
    cwd: Path,
    what: str,
    on_line: Callable[[str], None] = lambda line: None,
) -> Measurement:
    """Run a tool to its end and return what it took.

    The tool shares the caller's process group and ends with the caller, as in `run_tool`.

    Parameters
    ----------
    what
        What the tool is doing, for the error message: "placing the design".
    on_line
        Called with each line of its output, without the newline, when it is written.

    Raises
    ------
    ToolMissing
        If the program cannot be started.
    ToolFailed
        If it exits with a status other than zero, with all it said as details.
    """
    begun = time.monotonic()
    inherited = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with tool_environment(tool) as environment:
        try:
            process = subprocess.Popen(
                [*tool.command, *map(str, arguments)],
                cwd=cwd,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                errors="replace",
            )
        except OSError as error:
            raise ToolMissing(
                f"cannot start `{tool.name}`: {error.strerror}",
                hint="`cfu doctor` shows what is missing",
            ) from error
        lines = []
        try:
            assert process.stdout is not None
            with ends_with_us(process.pid):
                with process.stdout, _peak_of(process.pid) as peak:
                    for line in process.stdout:
                        lines.append(line)
                        on_line(line.rstrip("\n"))
                # Not `process.wait`, which keeps the usage of resources to itself.
                _, status, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
        except BaseException:
            if process.poll() is None:
                end([process.pid])
            process.wait()
            raise
    log = "".join(lines)
    if process.returncode != 0:
        raise failure_of(tool, what, process.returncode, log.strip())
    taken = Taken(
        seconds=time.monotonic() - begun,
        processor_seconds=usage.ru_utime + usage.ru_stime,
        # A child begins with its parent's peak, so that only a larger one is its own.
        peak_bytes=usage.ru_maxrss * 1024
        if usage.ru_maxrss > inherited + _DRIFT_KIB
        else peak.bytes,
    )
    return Measurement(taken, log)


@dataclass
class _Peak:
    """The largest resident memory seen so far."""

    bytes: int = 0

    def look(self, pid: int) -> None:
        with contextlib.suppress(OSError, StopIteration, ValueError):
            status = Path(f"/proc/{pid}/status").read_text().splitlines()
            line = next(line for line in status if line.startswith("VmHWM:"))
            self.bytes = max(self.bytes, int(line.split()[1]) * 1024)


@contextlib.contextmanager
def _peak_of(pid: int) -> Iterator[_Peak]:
    """Watch a process in the background."""
    peak, ended = _Peak(), threading.Event()

    def watch() -> None:
        while not ended.wait(_SECONDS_BETWEEN_LOOKS):
            peak.look(pid)

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield peak
    finally:
        ended.set()
        watcher.join()
        peak.look(pid)
