"""Databases of studies that are full, gone, damaged or held by others."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

import optuna
import psycopg
import pytest
import sqlalchemy.exc
from sqlalchemy import event

from playground.explore.search import search
from playground.explore.storage import StudyStorage, open_storage
from playground.explore.study import Study
from playground.explore.trouble import StudyUnreachableError, trouble
from tests.playground.explore.examples import (
    ORDERS,
    Inline,
    goal_of,
    nothing,
    space_of,
    study_at,
)
from toolchain import PlaygroundError

_Spoil = Callable[[Path, StudyStorage], None]


def _unexpected(text: str) -> NoReturn:
    pytest.fail(f"the database is waited for: {text}")


@pytest.fixture(name="study")
def _study(tmp_path: Path) -> Study:
    """Return a study of three trials that does not expect to be waiting for its database."""
    study = study_at(tmp_path / "study.sqlite", space_of(), goal_of(), tell=_unexpected)
    search(study, Inline(), ORDERS, trials=3, told=nothing)
    return study


def _anew(storage: StudyStorage, pragma: str) -> None:
    """Have all connections be made anew, with a setting of SQLite."""
    engine = storage.storage.engine
    event.listen(engine, "connect", lambda made, _: made.execute(f"PRAGMA {pragma}").close())
    engine.dispose()


def _fill(path: Path, storage: StudyStorage) -> None:
    _anew(storage, "max_page_count = 1")  # SQLite takes what it has already


def _protect(path: Path, storage: StudyStorage) -> None:
    _anew(storage, "query_only = ON")


def _delete(path: Path, storage: StudyStorage) -> None:
    path.unlink()


def _delete_and_forget(path: Path, storage: StudyStorage) -> None:
    path.unlink()
    storage.storage.engine.dispose()


def _drop(path: Path, storage: StudyStorage) -> None:
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.execute("DROP TABLE trial_user_attributes")


def _overwrite(path: Path, storage: StudyStorage) -> None:
    storage.storage.engine.dispose()
    content = path.read_bytes()
    path.write_bytes(content[:4096] + b"\xff" * (len(content) - 4096))


@pytest.mark.parametrize(
    ("spoil", "said", "hint"),
    [
        (_fill, r"no space left on the disk that holds the study's database", "free some"),
        (_protect, r"cannot use the study's database `.*`: .*readonly", "can you write to it"),
        (_delete, r"the study's database `.*` is gone", "move it back"),
        (_delete_and_forget, r"the study's database `.*` is gone", "move it back"),
        (_drop, r"the study's database `.*` is damaged: no such table", "move it away"),
        (_overwrite, r"the study's database `.*` is damaged: .*malformed", "move it away"),
    ],
)
def test_what_waiting_does_not_mend_ends_a_search_at_once(
    spoil: _Spoil, said: str, hint: str, study: Study, monkeypatch: pytest.MonkeyPatch
) -> None:
    storage = study._storage
    assert storage.file is not None
    spoil(storage.file, storage)
    monkeypatch.setattr("time.sleep", lambda seconds: None)  # with which Optuna tries again
    with pytest.raises(PlaygroundError, match=said) as caught:
        search(study, Inline(), ORDERS, trials=1_000, told=nothing)
    assert not isinstance(caught.value, StudyUnreachableError)
    assert str(storage.file) in caught.value.message
    assert (caught.value.hint or "").startswith(hint)
    study.close()


def test_a_full_disk_with_space_again_goes_on(study: Study, tmp_path: Path) -> None:
    storage = study._storage
    _fill(tmp_path / "study.sqlite", storage)
    with pytest.raises(PlaygroundError, match="no space left") as caught:
        search(study, Inline(), ORDERS, trials=1_000, told=nothing)
    study.close()
    assert "`cfu explore --resume` goes on" in (caught.value.hint or "")
    again = study_at(tmp_path / "study.sqlite", space_of(), goal_of(), resume=True)
    kept = len(again.records())
    assert kept >= 3
    search(again, Inline(), ORDERS, trials=kept + 5, told=nothing)
    assert [record.number for record in again.records()] == list(range(kept + 5))
    again.close()


def test_a_file_that_another_process_holds_is_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("playground.explore.storage._SQLITE_BUSY_SECONDS", 0.0)
    path = tmp_path / "study.sqlite"
    said: list[str] = []
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as other:

        def tell(text: str) -> None:
            said.append(text)
            other.execute("COMMIT")

        study = study_at(path, space_of(), goal_of(), tell=tell)
        other.execute("BEGIN EXCLUSIVE")
        search(study, Inline(), ORDERS, trials=3, told=nothing)
        assert len(study.records()) == 3
        study.close()
        held = f"the study's database `{path}` is held by another process; trials go on, and "
        assert said == [f"{held}are kept when that is over"]
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(StudyUnreachableError, match=r"is busy: another process holds it"):
            open_storage(path)


def _raised(origin: psycopg.Error) -> BaseException:
    """Return an error of PostgreSQL as Optuna raises it."""
    try:
        try:
            raise sqlalchemy.exc.DBAPIError.instance(
                "SELECT", (), origin, psycopg.Error
            ) from origin
        except sqlalchemy.exc.SQLAlchemyError as error:
            raise optuna.exceptions.StorageInternalError("during the commit") from error
    except optuna.exceptions.StorageInternalError as error:
        return error


@pytest.mark.parametrize(
    ("origin", "passes", "said"),
    [
        (psycopg.OperationalError("refused"), True, "cannot be reached: refused"),
        (psycopg.errors.ReadOnlySqlTransaction("a standby"), True, "cannot be reached: a standby"),
        (psycopg.errors.DiskFull("could not extend"), False, "no space left on the server's disk"),
        (psycopg.errors.UndefinedTable("no trials"), False, "cannot use .*: no trials"),
    ],
)
def test_what_is_wrong_with_a_server(origin: psycopg.Error, passes: bool, said: str) -> None:
    found = trouble(_raised(origin), "postgresql://host/name", None)
    assert found.passes is passes
    with pytest.raises(PlaygroundError, match=said):
        raise found.error
