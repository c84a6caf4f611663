"""Child processes that end when this process ends, however that comes."""

from __future__ import annotations

__all__ = ["end", "ends_with_us"]

import contextlib
import functools
import os
import signal
import sys
import threading
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

# A tool that outlives who started it goes on writing for nobody, and keeps a processor busy. So
# each process that starts tools has a watcher, which is this file run by itself. The watcher reads
# a pipe that nobody else can write to, and thus learns from the system that its process is no
# more, by `kill -9` or for want of memory, too. Then it ends the tools and what these started.
#
# PR_SET_PDEATHSIG does less. A child has to set it for itself: by `preexec_fn`, which may deadlock
# where there are threads, or by a program between, which each compilation would wait for. It comes
# when the thread that forked ends, not the process; and it is for the tool alone, not for what
# that has started. A process group for each tool would keep the terminal's Ctrl-C from it.

_LOCK = threading.Lock()


class _Process(NamedTuple):
    parent: int
    started: int


@contextlib.contextmanager
def ends_with_us(pid: int) -> Iterator[None]:
    """Have a child process be killed, with all it started, if this process ends meanwhile.

    Parameters
    ----------
    pid
        Of a child that is not waited for yet.
    """
    with _LOCK, contextlib.suppress(OSError):  # a tool can do without
        os.write(_watcher(os.getpid()), b"+%d\n" % pid)
    try:
        yield
    finally:
        with _LOCK, contextlib.suppress(OSError):
            os.write(_watcher(os.getpid()), b"-%d\n" % pid)


def end(pids: Iterable[int]) -> None:
    """Kill processes with all that they started."""
    ended: set[int] = set()
    found = set(pids)
    while found:  # stopped first, so that none starts another one unseen
        _signal(found, signal.SIGSTOP)
        ended |= found
        found = {pid for pid, process in _processes().items() if process.parent in ended} - ended
    _signal(ended, signal.SIGKILL)


def _signal(pids: Iterable[int], number: signal.Signals) -> None:
    for pid in pids:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.kill(pid, number)


def _processes() -> dict[int, _Process]:
    found = {int(path.name): _process(path.name) for path in Path("/proc").glob("[0-9]*")}
    return {pid: process for pid, process in found.items() if process is not None}


def _process(pid: int | str) -> _Process | None:
    """Return what is known of a process, None if it is no more."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(errors="replace")
    except OSError:
        return None
    fields = stat.rpartition(")")[2].split()  # from the third on, which is the state
    return _Process(parent=int(fields[1]), started=int(fields[19]))


@functools.cache
def _watcher(process: int) -> int:
    """Return the pipe to this process's watcher, which is started when first asked for.

    Parameters
    ----------
    process
        This one; a fork of it gets a watcher of its own.
    """
    theirs, ours = os.pipe()
    try:
        os.posix_spawn(
            sys.executable,
            [sys.executable, "-I", "-S", str(Path(__file__).absolute())],
            os.environ,
            file_actions=[
                (os.POSIX_SPAWN_DUP2, theirs, 0),
                # Whoever waits for the end of our output need not wait for the watcher.
                (os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0),
                (os.POSIX_SPAWN_OPEN, 2, os.devnull, os.O_WRONLY, 0),
            ],
            setsid=True,  # what ends its process's group or terminal must not end it
        )
    except OSError:
        os.close(ours)
        raise
    finally:
        os.close(theirs)
    return ours


def _watch() -> None:
    for number in (signal.SIGHUP, signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    os.chdir("/")
    begun: dict[int, int] = {}
    for line in sys.stdin.buffer:
        pid = int(line[1:])
        begun.pop(pid, None)
        process = _process(pid) if line.startswith(b"+") else None
        if process is not None:
            begun[pid] = process.started
    end(pid for pid, started in begun.items() if _is(pid, started))


def _is(pid: int, started: int) -> bool:
    """Tell whether a number is still that process's, not a later one's."""
    process = _process(pid)
    return process is not None and process.started == started


if __name__ == "__main__":
    _watch()
