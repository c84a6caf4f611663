"""A Dask scheduler and its workers, as processes on loopback that can be killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import distributed

from tests.playground.explore.postgres import free_port

_ROOT = Path(__file__).parents[3]
_PRELOAD = """\
import playground.explore.identity as identity
identity._version = lambda wheel: "0.1"
"""


class DaskCluster:
    """A scheduler, and workers with a cache each.

    Parameters
    ----------
    directory
        For what they write.
    """

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._port = free_port()
        self._scheduler: subprocess.Popen[bytes] | None = None
        self.workers: list[subprocess.Popen[bytes]] = []

    @property
    def address(self) -> str:
        return f"tcp://127.0.0.1:{self._port}"

    def start_scheduler(self) -> None:
        arguments = ["--host", "127.0.0.1", "--port", str(self._port), "--no-dashboard"]
        self._scheduler = self._start("scheduler", *arguments)

    def kill_scheduler(self) -> None:
        """Kill the scheduler and, as they cannot do without, its workers."""
        for process in filter(None, (self._scheduler, *self.workers)):
            process.kill()
            process.wait()
        self.workers.clear()

    def start_worker(self, *, is_foreign: bool = False) -> None:
        """Start a worker; a foreign one has other versions of all tools."""
        arguments = [self.address, "--nthreads", "1", "--no-nanny", "--no-dashboard"]
        if is_foreign:
            preload = self._directory / "other_versions.py"
            preload.write_text(_PRELOAD)
            arguments += ["--preload", str(preload)]
        self.workers.append(self._start("worker", *arguments))

    def wait_for_workers(self, number: int) -> None:
        """Return when the scheduler has a number of workers."""
        client_of: Any = distributed.Client  # of which few methods have types
        with client_of(self.address, set_as_default=False) as client:
            client.wait_for_workers(number, timeout=60)

    def freeze_worker(self, index: int) -> None:
        """Have a worker hang: it is there, and does not answer."""
        self.workers[index].send_signal(signal.SIGSTOP)

    def thaw_worker(self, index: int) -> None:
        """Have it go on."""
        self.workers[index].send_signal(signal.SIGCONT)

    def _start(self, kind: str, *arguments: str) -> subprocess.Popen[bytes]:
        environment = {
            **os.environ,
            "PYTHONPATH": str(_ROOT),
            "CFU_CACHE": str(self._directory / f"cache-{len(self.workers)}"),
            "PYTHONWARNINGS": "ignore",
        }
        return subprocess.Popen(
            [sys.executable, "-m", f"distributed.cli.dask_{kind}", *arguments],
            cwd=self._directory,
            env=environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.kill_scheduler()
