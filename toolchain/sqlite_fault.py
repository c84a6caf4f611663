"""What SQLite's errors mean for the file they are about."""

from __future__ import annotations

__all__ = ["SqliteFault", "sqlite_fault"]

import enum
import sqlite3


class SqliteFault(enum.Enum):
    """What an error means; all but the first stay until somebody does something.

    Attributes
    ----------
    BUSY
        Another process is at the file, and may end.
    FULL
        There is no space left on its disk.
    MOVED
        It was deleted or moved while it was open.
    UNUSABLE
        It cannot be opened, read or written.
    DAMAGED
        What is in it is not what was written.
    """

    BUSY = enum.auto()
    FULL = enum.auto()
    MOVED = enum.auto()
    UNUSABLE = enum.auto()
    DAMAGED = enum.auto()


def sqlite_fault(error: sqlite3.Error) -> SqliteFault:
    """Return what an error of SQLite means."""
    code = getattr(error, "sqlite_errorcode", 0)  # which errors of the Python module lack
    if code == sqlite3.SQLITE_READONLY_DBMOVED:
        return SqliteFault.MOVED
    match code & 0xFF:
        case sqlite3.SQLITE_BUSY | sqlite3.SQLITE_LOCKED:
            return SqliteFault.BUSY
        case sqlite3.SQLITE_FULL:
            return SqliteFault.FULL
        case (
            sqlite3.SQLITE_READONLY
            | sqlite3.SQLITE_CANTOPEN
            | sqlite3.SQLITE_IOERR
            | sqlite3.SQLITE_PERM
        ):
            return SqliteFault.UNUSABLE
    return SqliteFault.DAMAGED
