"""A PostgreSQL that hangs, or is older than ours."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest
from optuna.trial import FrozenTrial

from playground.explore import postgres as connections
from playground.explore.postgres import connect
from playground.explore.search import search
from playground.explore.storage import _AdvisoryLock
from playground.explore.trouble import StudyUnreachableError
from tests.playground.explore.examples import ORDERS, Inline, goal_of, nothing, space_of, study_at
from tests.playground.explore.postgres import Postgres


@pytest.fixture(name="postgres")
def _postgres() -> Iterator[Postgres]:
    with Postgres() as postgres:
        yield postgres


def test_a_server_that_hangs_is_one_that_is_away(
    postgres: Postgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []

    def tell(text: str) -> None:
        said.append(text)
        postgres.thaw()

    study = study_at(postgres.url, space_of(), goal_of(), tell=tell)
    search(study, Inline(), ORDERS, trials=3, told=nothing)
    monkeypatch.setattr(connections, "_ANSWER_SECONDS", 0.5)
    monkeypatch.setitem(connections._NOTICE_SERVER, "connect_timeout", 2)
    postgres.freeze()  # before the claim is looked at
    search(study, Inline(), ORDERS, trials=6, told=nothing)
    assert len(said) == 1
    assert "is away; trials go on" in said[0]

    def trials() -> list[FrozenTrial]:
        if len(said) == 1:
            postgres.freeze()  # after that, and before Optuna's question
        return study._study.get_trials()

    assert [trial.number for trial in study._insist(trials)] == list(range(6))
    assert len(said) == 2

    study._patience = 0.0
    postgres.freeze()
    with pytest.raises(StudyUnreachableError, match="cannot be reached: "):
        study.begin()
    study.close()


def test_a_claim_is_taken_back_from_a_connection_that_was_given_up(postgres: Postgres) -> None:
    study = study_at(postgres.url, space_of(), goal_of())
    lock = study._storage._held
    assert isinstance(lock, _AdvisoryLock)
    given_up = lock._connection  # which the server takes for alive
    assert given_up is not None
    lock._connection = None
    assert study.begin() == 0
    with pytest.raises(psycopg.OperationalError):
        given_up.execute("SELECT 1")
    study.close()


def test_a_server_is_told_what_it_knows(
    postgres: Postgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(connections._SETTINGS, "of_a_version_to_come", "1")
    monkeypatch.setattr(connections, "_ANSWER_SECONDS", 0.5)
    with connect(postgres.url, autocommit=True) as connection:
        assert connection.execute("SHOW statement_timeout").fetchone() == ("50s",)
        assert connection.execute("SHOW tcp_user_timeout").fetchone() == ("60000",)
        with pytest.raises(psycopg.ProgrammingError):  # is no reason to end a connection
            connection.execute("SELECT * FROM nothing")
        connection.execute("SET statement_timeout = 50")
        with pytest.raises(psycopg.errors.QueryCanceled):
            connection.execute("SELECT pg_sleep(60)")
        connection.execute("SET statement_timeout = 0")
        with pytest.raises(psycopg.OperationalError, match=r"has not answered for 0\.5 seconds"):
            connection.execute("SELECT pg_sleep(60)")
        assert connection.closed
