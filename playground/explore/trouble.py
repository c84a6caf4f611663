"""What is wrong with a study's database: something to wait for, or something to mend."""

from __future__ import annotations

__all__ = ["LOST", "StudyUnreachableError", "Trouble", "said", "trouble"]

import sqlite3
from dataclasses import dataclass
from pathlib import Path

import optuna
import psycopg
import sqlalchemy.exc

from toolchain import PlaygroundError
from toolchain.sqlite_fault import SqliteFault, sqlite_fault

# What trouble with a database shows as, by way of Optuna and SQLAlchemy.
LOST = (
    sqlalchemy.exc.OperationalError,
    sqlalchemy.exc.InterfaceError,
    sqlalchemy.exc.InternalError,
    optuna.exceptions.StorageInternalError,
    psycopg.OperationalError,
)
_GOES_ON = "what is in it is kept, and `cfu explore --resume` goes on"


class StudyUnreachableError(PlaygroundError):
    """The database of a study cannot be reached."""


@dataclass(frozen=True)
class Trouble:
    """What is wrong with a database.

    Attributes
    ----------
    state
        Of the database, while it is waited for: "away".
    passes
        Whether it may pass by itself.
    error
        To end with.
    """

    state: str
    passes: bool
    error: PlaygroundError


def trouble(error: BaseException, shown: str, file: Path | None) -> Trouble:
    """Return what one of the errors `LOST` means.

    Parameters
    ----------
    shown
        Address of the database without a password.
    file
        Where it is, if it is a file of SQLite.
    """
    origin = _origin(error)
    database = f"the study's database `{shown}`"
    if file is not None and isinstance(origin, sqlite3.Error):
        return _of_file(origin, database, file)
    match origin:
        case psycopg.errors.DiskFull():
            return _stays(
                f"no space left on the server's disk that holds {database}",
                hint=f"free some; {_GOES_ON}",
            )
        case psycopg.ProgrammingError():  # a table that is not there, or may not be written
            return _stays(
                f"cannot use {database}: {said(error)}",
                hint=f"are its tables there, and may you write to them? {_GOES_ON}",
            )
    unreachable = StudyUnreachableError(
        f"{database} cannot be reached: {said(error)}",
        hint=f"see whether it runs and who may connect to it; {_GOES_ON}",
    )
    return Trouble("away", passes=True, error=unreachable)


def _of_file(error: sqlite3.Error, database: str, file: Path) -> Trouble:
    fault = sqlite_fault(error)
    match fault:
        case SqliteFault.BUSY:
            busy = StudyUnreachableError(
                f"{database} is busy: another process holds it",
                hint=f"wait for that to end, or end it; {_GOES_ON}",
            )
            return Trouble("held by another process", passes=True, error=busy)
        case SqliteFault.FULL:
            return _stays(
                f"no space left on the disk that holds {database}",
                hint=f"free some; {_GOES_ON}",
            )
    if fault is SqliteFault.MOVED or not file.exists():
        return _stays(
            f"{database} is gone: it was deleted or moved",
            hint="move it back, and `cfu explore --resume` goes on; without `--resume` another is "
            "begun, and designs that were tried are in the artifact cache",
        )
    if fault is SqliteFault.UNUSABLE:
        return _stays(
            f"cannot use {database}: {error}",
            hint=f"can you write to it and beside it, and is the disk full? {_GOES_ON}",
        )
    return _stays(
        f"{database} is damaged: {error}",
        hint="move it away and begin the study again: designs that were tried are in the artifact "
        "cache; `sqlite3 FILE .recover` saves what can be read",
    )


def _stays(message: str, *, hint: str) -> Trouble:
    return Trouble("lost", passes=False, error=PlaygroundError(message, hint=hint))


def said(error: BaseException) -> str:
    """Return the first line of what a database's own library says."""
    origin = _origin(error)
    return (str(origin).strip().splitlines() or [type(origin).__name__])[0]


def _origin(error: BaseException) -> BaseException:
    """Return the error of a database's own library that others were made of."""
    while not isinstance(error, sqlite3.Error | psycopg.Error) and error.__cause__ is not None:
        error = error.__cause__
    return error
