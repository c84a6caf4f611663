"""Where a study is kept: a database that outlives its process, and one process at work on it."""

from __future__ import annotations

__all__ = ["StudyStorage", "open_storage"]

import contextlib
import hashlib
import sqlite3
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import filelock
import optuna
import psycopg
import sqlalchemy.exc
from sqlalchemy.engine import make_url

from playground.explore.postgres import connect
from playground.explore.trouble import LOST, Trouble, said, trouble
from toolchain import PlaygroundError

_SQLITE_BUSY_SECONDS = 60.0


@dataclass
class StudyStorage:
    """An open database of studies.

    Attributes
    ----------
    shown
        Its address without a password.
    storage
        Optuna's.
    file
        Where it is, if it is a file of SQLite.
    """

    shown: str
    storage: optuna.storages.RDBStorage
    _lock: Callable[[str], _Lock]
    file: Path | None = None
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

    def trouble(self, error: BaseException) -> Trouble:
        """Return what one of the errors `LOST` means."""
        return trouble(error, self.shown, self.file)

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
        self._database = database
        self._lock = filelock.FileLock(database.with_name(f"{database.name}.{name}.lock"))

    def acquire(self) -> bool:
        try:
            self._lock.acquire(timeout=0)
        except filelock.Timeout:
            return False
        except OSError as error:
            raise _cannot_make(self._database, error) from error
        return True

    def release(self) -> None:
        self._lock.release()


# A server may take a connection for alive that we have given up.
_END_OWN = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE application_name = %s AND pid <> pg_backend_pid()
"""


class _AdvisoryLock(_Lock):
    """PostgreSQL's: it ends with the connection that holds it."""

    def __init__(self, address: str, study: str) -> None:
        self._address = address
        name = hashlib.sha256(f"cfu explore {study}".encode()).digest()
        self._key = int.from_bytes(name[:8], "big", signed=True)
        self._name = f"cfu explore {uuid.uuid4().hex}"
        self._connection: psycopg.Connection[Any] | None = None

    def acquire(self) -> bool:
        connection = connect(self._address, autocommit=True, name=self._name)
        try:
            row = connection.execute("SELECT pg_try_advisory_lock(%s)", (self._key,)).fetchone()
            if row is not None and row[0]:
                self._connection = connection
                return True
            if connection.execute(_END_OWN, (self._name,)).fetchall():
                raise psycopg.OperationalError("the server still ends the connection from before")
            return False
        finally:
            if self._connection is not connection:
                connection.close()

    def renew(self) -> bool:
        try:
            if self._connection is not None:
                self._connection.execute("SELECT 1")
                return True
        except psycopg.OperationalError:
            self.release()
        return self.acquire()

    def release(self) -> None:
        if self._connection is not None:
            with contextlib.suppress(psycopg.Error):
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
    driver = url.set(drivername="postgresql+psycopg").render_as_string(hide_password=False)
    plain = url.set(drivername="postgresql").render_as_string(hide_password=False)
    options = {
        "pool_pre_ping": True,  # a connection that the server has ended is replaced
        "creator": lambda: connect(plain, autocommit=False),
    }
    shown = url.render_as_string(hide_password=True)
    storage = _opened(driver, options, shown, None)
    return StudyStorage(shown, storage, lambda study: _AdvisoryLock(plain, study))


def _open_file(path: Path) -> StudyStorage:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            path.touch()
    except OSError as error:
        raise _cannot_make(path, error) from error

    def connected() -> sqlite3.Connection:
        # One that was deleted is not made anew, empty.
        uri = f"file:{quote(str(path.absolute()))}?mode=rw"
        # Another study in the same file may be being written.
        timeout = _SQLITE_BUSY_SECONDS
        return sqlite3.connect(uri, uri=True, timeout=timeout, check_same_thread=False)

    storage = _opened("sqlite:///study", {"creator": connected}, str(path), path)
    return StudyStorage(str(path), storage, lambda study: _FileLock(path, study), path)


def _cannot_make(path: Path, error: OSError) -> PlaygroundError:
    return PlaygroundError(
        f"cannot make `{error.filename or path}`: {error.strerror}",
        hint="`--storage FILE` names another place for the study",
    )


def _opened(
    url: str, options: dict[str, Any], shown: str, file: Path | None
) -> optuna.storages.RDBStorage:
    try:
        return optuna.storages.RDBStorage(url, engine_kwargs=options)
    except LOST as error:
        raise trouble(error, shown, file).error from error
    except (sqlalchemy.exc.SQLAlchemyError, RuntimeError) as error:
        raise PlaygroundError(
            f"`{shown}` is no database of studies that this version reads: {said(error)}",
            hint="`--storage` names another; a damaged file can be moved away",
        ) from error


def _no_address(address: str) -> PlaygroundError:
    return PlaygroundError(
        f"`{address}` is no address of a database",
        hint="a study is kept in a file, `--storage study.sqlite`, or in PostgreSQL, "
        "`--storage postgresql://user@host/name`",
    )
