from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from toolchain.sqlite_fault import SqliteFault, sqlite_fault


def _fault(connection: sqlite3.Connection, statement: str) -> SqliteFault:
    with pytest.raises(sqlite3.Error) as caught:
        connection.execute(statement)
    return sqlite_fault(caught.value)


def test_faults_of_a_file(tmp_path: Path) -> None:
    path = tmp_path / "file.sqlite"
    with closing(sqlite3.connect(path, timeout=0, isolation_level=None)) as connection:
        connection.execute("CREATE TABLE numbers (number INTEGER)")
        assert _fault(connection, "SELECT * FROM letters") is SqliteFault.DAMAGED
        with closing(sqlite3.connect(path, isolation_level=None)) as other:
            other.execute("BEGIN EXCLUSIVE")
            assert _fault(connection, "SELECT * FROM numbers") is SqliteFault.BUSY
        connection.execute("PRAGMA max_page_count = 1")  # SQLite takes what it has already
        assert _fault(connection, "CREATE TABLE more (number INTEGER)") is SqliteFault.FULL
        connection.execute("PRAGMA query_only = ON")
        assert _fault(connection, "INSERT INTO numbers VALUES (1)") is SqliteFault.UNUSABLE
        connection.execute("PRAGMA query_only = OFF")
        path.unlink()
        assert _fault(connection, "INSERT INTO numbers VALUES (1)") is SqliteFault.MOVED


def test_files_that_are_none(tmp_path: Path) -> None:
    with pytest.raises(sqlite3.Error) as caught:
        sqlite3.connect(tmp_path / "no" / "such" / "file")
    assert sqlite_fault(caught.value) is SqliteFault.UNUSABLE
    text = tmp_path / "text"
    text.write_text("something else, and long enough to be looked at" * 100)
    with closing(sqlite3.connect(text)) as connection:
        assert _fault(connection, "SELECT * FROM numbers") is SqliteFault.DAMAGED
        assert sqlite_fault(sqlite3.InterfaceError("of the module's own")) is SqliteFault.DAMAGED
