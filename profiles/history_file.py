"""The file of a history: a database, its making, its version and what may be wrong with it."""

from __future__ import annotations

__all__ = [
    "HISTORY_VERSION",
    "connected",
    "damaged",
    "history_path",
    "make_history",
    "state_directory",
]

import contextlib
import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

import filelock

from toolchain import PlaygroundError
from toolchain.sqlite_fault import SqliteFault, sqlite_fault

HISTORY_VERSION = 1

_DIRECTORY = ".cfu"
_FILE = "history.sqlite"
_BUSY_SECONDS = 30.0
_APPLICATION_ID = 0x43465548  # "CFUH", so that `file` and we can tell it from other databases
_TABLE = """
CREATE TABLE run (
  number INTEGER PRIMARY KEY AUTOINCREMENT,
  time TEXT NOT NULL,
  last_time TEXT NOT NULL,
  repeats INTEGER NOT NULL DEFAULT 0,
  design_digest TEXT NOT NULL,
  shown_digest TEXT NOT NULL,
  name TEXT NOT NULL,
  model TEXT NOT NULL,
  model_digest TEXT NOT NULL,
  board TEXT NOT NULL,
  cpu TEXT NOT NULL,
  clock_hz INTEGER NOT NULL,
  cycles INTEGER NOT NULL,
  provenance TEXT NOT NULL,
  is_bit_exact INTEGER NOT NULL,
  is_cached INTEGER NOT NULL,
  is_aside INTEGER NOT NULL,
  git_revision TEXT,
  is_dirty INTEGER,
  label TEXT,
  profile BLOB NOT NULL
)
"""


def history_path(project: Path) -> Path:
    """Return where a project's history is, or will be."""
    return project / _DIRECTORY / _FILE


def state_directory(project: Path) -> Path:
    """Return the directory of what is kept of a project but is none of its sources; make it.

    Repositories leave it out, whatever their own rules.

    Raises
    ------
    OSError
        If it cannot be made.
    """
    directory = project / _DIRECTORY
    directory.mkdir(exist_ok=True)
    with contextlib.suppress(FileExistsError), (directory / ".gitignore").open("x") as file:
        file.write("*\n")
    return directory


def make_history(path: Path) -> None:
    """Make an empty history, unless there is one.

    Raises
    ------
    PlaygroundError
        If it cannot be made.
    """
    with _explained(path):
        if not path.exists():
            _make(path)


@contextmanager
def connected(path: Path) -> Iterator[sqlite3.Connection]:
    """Give a connection to a history of this version; what is not committed is undone.

    Raises
    ------
    PlaygroundError
        If it is damaged, of a newer version, or cannot be read or written; also for such errors
        in the `with` block.
    """
    uri = f"file:{quote(str(path.absolute()))}?{_mode(path)}"
    with _explained(path):
        connection = sqlite3.connect(uri, uri=True, timeout=_BUSY_SECONDS, isolation_level=None)
        with contextlib.closing(connection):
            if _is_empty(connection):  # its making was interrupted
                _make(path)
            _check_version(connection, path)
            connection.execute("PRAGMA synchronous = FULL")  # a record outlives a power cut, too
            yield connection


def _mode(path: Path) -> str:
    """Return how a history can be opened: to write, or only to read."""
    if os.access(path.parent, os.W_OK):
        return "mode=rw"
    # WAL's shared memory cannot be made in such a place, and need not be: nobody writes. But runs
    # that are in the log still, as somebody else is at work or was killed, are read there.
    log = path.with_name(f"{path.name}-wal")
    return "mode=ro" if log.exists() and log.stat().st_size else "mode=ro&immutable=1"


def _make(path: Path) -> None:
    directory = state_directory(path.parents[1])
    # SQLite's locks do not cover the change to WAL.
    with filelock.FileLock(directory / f"{_FILE}.lock"):
        connection = sqlite3.connect(path, timeout=_BUSY_SECONDS, isolation_level=None)
        with contextlib.closing(connection):
            if not _is_empty(connection):
                return
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("BEGIN IMMEDIATE")
            connection.execute(_TABLE)
            connection.execute(f"PRAGMA application_id = {_APPLICATION_ID}")
            connection.execute(f"PRAGMA user_version = {HISTORY_VERSION}")
            connection.execute("COMMIT")


def _is_empty(connection: sqlite3.Connection) -> bool:
    tables = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
    return not tables and not connection.execute("PRAGMA user_version").fetchone()[0]


def _check_version(connection: sqlite3.Connection, path: Path) -> None:
    version = int(connection.execute("PRAGMA user_version").fetchone()[0])
    application = int(connection.execute("PRAGMA application_id").fetchone()[0])
    if application != _APPLICATION_ID or version < 1:
        raise damaged(path, "it is another program's database")
    if version > HISTORY_VERSION:
        raise PlaygroundError(
            f"the history `{path}` has version {version}, and this playground knows versions up "
            f"to {HISTORY_VERSION}",
            hint="use the newer playground that wrote it, or move the file away: the next run then "
            "begins another",
        )


def damaged(path: Path, how: str) -> PlaygroundError:
    """Return the error of a history that is not as it was written."""
    return PlaygroundError(
        f"the history `{path}` is damaged: {how}",
        hint="move it away, and the next run begins another; `sqlite3 FILE .recover` saves what "
        "can be read",
    )


@contextmanager
def _explained(path: Path) -> Iterator[None]:
    """Turn errors of the file system and of SQLite into errors with a next step."""
    try:
        yield
    except OSError as error:
        raise PlaygroundError(
            f"cannot use the history `{path}`: {error.strerror}",
            hint="it is kept in the project: can you write there?",
        ) from error
    except sqlite3.Error as error:
        match sqlite_fault(error):
            case SqliteFault.FULL:
                raise PlaygroundError(
                    f"no space left on the disk that holds the history `{path}`",
                    hint="free some space",
                ) from error
            case SqliteFault.BUSY:
                raise PlaygroundError(
                    f"the history `{path}` is busy: another process has held it for "
                    f"{_BUSY_SECONDS:g} seconds",
                    hint="wait for it to end, or end it",
                ) from error
            case SqliteFault.UNUSABLE | SqliteFault.MOVED:
                raise PlaygroundError(
                    f"cannot use the history `{path}`: {error}",
                    hint="it is kept in the project: can you write there, and is the disk full?",
                ) from error
            case SqliteFault.DAMAGED:
                raise damaged(path, str(error)) from error
    except (ValueError, TypeError) as error:
        raise damaged(path, str(error)) from error
