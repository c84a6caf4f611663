"""Where a study is kept: a database that outlives its process, and one process at work on it."""

from __future__ import annotations

__all__ = ["StudyStorage", "StudyUnreachableError", "open_storage", "unreachable"]

import contextlib
import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import filelock
import optuna
import psycopg
import sqlalchemy.exc
from sqlalchemy.engine import make_url

from toolchain import PlaygroundError

_CONNECT_SECONDS = 10
# A peer that went without a word, as with its power, is given up within about a minute: a server
# by the options of a connection, a client by what the server is told with `_NOTICE_CLIENTS`.
_NOTICE_SERVER: dict[str, Any] = {
    "connect_timeout": _CONNECT_SECONDS,
    "keepalives_idle": 30,
    "keepalives_interval": 10,
    "keepalives_count": 3,
    "tcp_user_timeout": 60_000,
}
_NOTICE_CLIENTS = (
    "SET tcp_keepalives_idle = 30",
    "SET tcp_keepalives_interval = 10",
    "SET tcp_keepalives_count = 3",
    "SET tcp_user_timeout = 60000",
)
_SQLITE_BUSY_SECONDS = 60
# What a database that is away shows as, by way of Optuna and SQLAlchemy.
LOST = (
    sqlalchemy.exc.OperationalError,
    sqlalchemy.exc.InterfaceError,
    sqlalchemy.exc.InternalError,
    optuna.exceptions.StorageInternalError,
    psycopg.OperationalError,
)


class StudyUnreachableError(PlaygroundError):
    """The database of a study cannot be reached."""


@dataclass
class StudyStorage:
    """An open database of studies.

    Attributes
    ----------
    shown
        Its address without a password.
    storage
        Optuna's.
    """

    shown: str
    storage: optuna.storages.RDBStorage
    _lock: Callable[[str], _Lock]
    _held: _Lock | None = None

    def claim(self, study: str) -> None:
        """Make this the only process at work on a study, until it ends, however it ends.

        Raises
        ------
        PlaygroundError
            If another process is.
        """
        lock = self._lock(study)
        if not lock.acquire():
            raise PlaygroundError(
                f"another process is at work on the study `{study}` in `{self.shown}`",
                hint="wait until it ends; more of the machine is used by its `--workers`, and "
                "other machines by `--scheduler`",
            )
        self._held = lock

    def still_claimed(self) -> bool:
        """Tell whether the claim holds, renewing it after the database was away."""
        return self._held is None or self._held.renew()

    def close(self) -> None:
        """Give up the claim and all connections."""
        if self._held is not None:
            self._held.release()
            self._held = None
        self.storage.remove_session()
        self.storage.engine.dispose()


class _Lock:
    """A lock that the system takes back from a process that ended."""

    def acquire(self) -> bool:
        raise NotImplementedError

    def renew(self) -> bool:
        return True

    def release(self) -> None:
        raise NotImplementedError


class _FileLock(_Lock):
    def __init__(self, database: Path, study: str) -> None:
        name = hashlib.sha256(study.encode()).hexdigest()[:12]
        self._lock = filelock.FileLock(database.with_name(f"{database.name}.{name}.lock"))

    def acquire(self) -> bool:
        try:
            self._lock.acquire(timeout=0)
        except filelock.Timeout:
            return False
        return True

    def release(self) -> None:
        self._lock.release()


class _AdvisoryLock(_Lock):
    """PostgreSQL's: it ends with the connection that holds it."""

    def __init__(self, address: str, study: str) -> None:
        self._address = address
        name = hashlib.sha256(f"cfu explore {study}".encode()).digest()
        self._key = int.from_bytes(name[:8], "big", signed=True)
        self._connection: psycopg.Connection[Any] | None = None

    def acquire(self) -> bool:
        connection = psycopg.connect(self._address, autocommit=True, **_NOTICE_SERVER)
        for setting in _NOTICE_CLIENTS:
            connection.execute(setting)
        row = connection.execute("SELECT pg_try_advisory_lock(%s)", (self._key,)).fetchone()
        if row is None or not row[0]:
            connection.close()
            return False
        self._connection = connection
        return True

    def renew(self) -> bool:
        try:
            if self._connection is not None:
                self._connection.execute("SELECT 1")
                return True
        except psycopg.OperationalError:
            with contextlib.suppress(psycopg.Error):
                self.release()
        return self.acquire()

    def release(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def open_storage(address: str | Path) -> StudyStorage:
    """Open a database of studies, made if it is a file that is not there.

    Parameters
    ----------
    address
        A file for SQLite, or the URL of a database: "postgresql://user@host/name".

    Raises
    ------
    StudyUnreachableError
        If it cannot be reached.
    PlaygroundError
        If it is no such address, or no database of this version of Optuna.
    """
    if isinstance(address, Path):
        return _open_file(address)
    try:
        url = make_url(address)
    except sqlalchemy.exc.ArgumentError as error:
        raise _no_address(address) from error
    if url.drivername.startswith("sqlite"):
        return _open_file(Path(url.database or ""))
    if not url.drivername.startswith("postgresql"):
        raise _no_address(address)
    driver = url.set(drivername="postgresql+psycopg")
    plain = url.set(drivername="postgresql").render_as_string(hide_password=False)
    options = {
        "pool_pre_ping": True,  # a connection that the server has ended is replaced
        "connect_args": _NOTICE_SERVER,
    }
    shown = url.render_as_string(hide_password=True)
    storage = _opened(driver.render_as_string(hide_password=False), options, shown)
    return StudyStorage(shown, storage, lambda study: _AdvisoryLock(plain, study))


def _open_file(path: Path) -> StudyStorage:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise PlaygroundError(
            f"cannot make the directory `{path.parent}`: {error.strerror}",
            hint="`--storage FILE` names another place for the study",
        ) from error
    # Another study in the same file may be being written.
    options = {"connect_args": {"timeout": _SQLITE_BUSY_SECONDS}}
    storage = _opened(f"sqlite:///{path}", options, str(path))
    return StudyStorage(str(path), storage, lambda study: _FileLock(path, study))


def _opened(url: str, options: dict[str, Any], shown: str) -> optuna.storages.RDBStorage:
    try:
        return optuna.storages.RDBStorage(url, engine_kwargs=options)
    except LOST as error:
        raise unreachable(shown, error) from error
    except (sqlalchemy.exc.SQLAlchemyError, RuntimeError) as error:
        raise PlaygroundError(
            f"`{shown}` is no database of studies that this version reads: {_said(error)}",
            hint="`--storage` names another; a damaged file can be moved away",
        ) from error


def _no_address(address: str) -> PlaygroundError:
    return PlaygroundError(
        f"`{address}` is no address of a database",
        hint="a study is kept in a file, `--storage study.sqlite`, or in PostgreSQL, "
        "`--storage postgresql://user@host/name`",
    )


def unreachable(shown: str, error: BaseException) -> StudyUnreachableError:
    """Return the error of a database that does not answer."""
    return StudyUnreachableError(
        f"the study's database `{shown}` cannot be reached: {_said(error)}",
        hint="see whether it runs and who may connect to it; what is in it is kept, and "
        "`cfu explore --resume` goes on",
    )


def _said(error: BaseException) -> str:
    origin = getattr(error, "orig", None) or error.__cause__ or error
    return (str(origin).strip().splitlines() or [type(origin).__name__])[0]
