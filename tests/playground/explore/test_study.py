"""Studies: begun, gone on with, and refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from playground.explore.objectives import Limits
from playground.explore.search import search
from playground.explore.storage import _AdvisoryLock, open_storage
from playground.explore.trouble import StudyUnreachableError
from tests.playground.explore.examples import (
    ORDERS,
    SEARCHED,
    Inline,
    goal_of,
    nothing,
    space_of,
    study_at,
)
from tests.playground.explore.postgres import Postgres, free_port
from toolchain import PlaygroundError


@pytest.fixture(name="database")
def _database(tmp_path: Path) -> Path:
    """Return a database with a study of three trials."""
    study = study_at(tmp_path / "study.sqlite", space_of(), goal_of())
    search(study, Inline(), ORDERS, trials=3, told=nothing)
    study.close()
    return tmp_path / "study.sqlite"


def test_a_study_is_not_begun_twice(database: Path) -> None:
    with pytest.raises(PlaygroundError) as caught:
        study_at(database, space_of(), goal_of())
    assert caught.value.message == f"there is a study `mine` in `{database}` already, with 3 trials"
    assert caught.value.hint == "`--resume` goes on with it, `--study NAME` begins another"


def test_what_was_not_begun_cannot_be_gone_on_with(tmp_path: Path) -> None:
    with pytest.raises(PlaygroundError, match="there is no study `mine`"):
        study_at(tmp_path / "study.sqlite", space_of(), goal_of(), resume=True)


def test_a_changed_space_is_told_and_refused(database: Path) -> None:
    space = space_of("cpu.data_cache=0,1024", "cpu.prediction=none,static,dynamic")
    with pytest.raises(PlaygroundError) as caught:
        study_at(database, space, goal_of(), resume=True)
    assert caught.value.message == (
        "the study `mine` searched something else: "
        "search of `cpu.bypass`: no, yes, now nothing; "
        "search of `cpu.data_cache`: 0, 1024, 2048, 4096, 8192, now 0, 1024"
    )
    assert caught.value.hint == "go on with what it was, or begin another with `--study NAME`"


def test_other_objectives_limits_and_files_are_refused(database: Path) -> None:
    goal = goal_of("cycles", "energy", limits=Limits(dsp=4))
    with pytest.raises(PlaygroundError) as caught:
        study_at(
            database,
            space_of(),
            goal,
            resume=True,
            files="other",
            fpga="fomu",
            tools={"verilator": "6", "sources": "0123"},
        )
    message = caught.value.message
    assert "the files of the model, the CFU or the kernels were changed" in message
    assert "objectives were cycles, cells, now cycles, energy" in message
    assert "limits were nothing, now at most 4 DSP" in message
    assert "FPGA was that of ulx3s, now fomu" in message
    assert "version of `verilator`: 5.48.0, now 6" in message
    assert "the playground's own sources were others" in message


def test_two_processes_are_not_at_work_on_one_study(database: Path) -> None:
    first = study_at(database, space_of(), goal_of(), resume=True)
    with pytest.raises(PlaygroundError, match="another process is at work on the study `mine`"):
        study_at(database, space_of(), goal_of(), resume=True)
    first.close()
    study_at(database, space_of(), goal_of(), resume=True).close()


def test_a_claim_that_went_with_its_connection_is_noticed() -> None:
    with Postgres() as postgres:
        first = study_at(postgres.url, space_of(), goal_of())
        held = first._storage._held
        assert isinstance(held, _AdvisoryLock)
        assert held._connection is not None
        # By default a server holds a lock for two hours for a client that lost its power.
        assert held._connection.execute("SHOW tcp_keepalives_idle").fetchone() == ("30",)
        postgres.stop()
        postgres.start()  # and nobody was at the database meanwhile
        second = study_at(postgres.url, space_of(), goal_of(), resume=True)
        with pytest.raises(PlaygroundError, match="another process took over the study `mine`"):
            first.begin()
        assert second.begin() == 0
        second.close()
        first.close()


def test_a_database_that_cannot_be_reached() -> None:
    address = f"postgresql://me:secret@127.0.0.1:{free_port()}/studies"
    with pytest.raises(StudyUnreachableError) as caught:
        open_storage(address)
    assert "cannot be reached: " in caught.value.message
    assert "secret" not in caught.value.message
    assert caught.value.hint is not None
    assert "`cfu explore --resume` goes on" in caught.value.hint


@pytest.mark.parametrize("address", ["mysql://host/name", "postgres//host", "://"])
def test_what_is_no_address_of_a_database(address: str) -> None:
    with pytest.raises(PlaygroundError, match="is no address of a database"):
        open_storage(address)


def test_a_file_that_is_no_database(tmp_path: Path) -> None:
    file = tmp_path / "study.sqlite"
    file.write_bytes(b"something else, and long enough to be looked at" * 100)
    with pytest.raises(PlaygroundError, match="is no database of studies"):
        open_storage(file)


def test_a_small_space_is_gone_through_unless_another_sampler_is_named(tmp_path: Path) -> None:
    small, large = space_of(), space_of(*SEARCHED, "cpu.shifter", "cpu.multiplier")
    study = study_at(tmp_path / "small.sqlite", small, goal_of(), sampler=None)
    assert study.is_grid
    study.close()
    study = study_at(tmp_path / "small.sqlite", small, goal_of(), sampler=None, resume=True)
    assert study.is_grid
    study.close()
    for name, space, sampler in (("named", small, "nsga2"), ("large", large, None)):
        study = study_at(tmp_path / f"{name}.sqlite", space, goal_of(), sampler=sampler)
        assert not study.is_grid
        study.close()


def test_importances_name_what_decides(tmp_path: Path) -> None:
    space = space_of(*SEARCHED, "cpu.shifter=iterative,late")
    study = study_at(tmp_path / "study.sqlite", space, goal_of(), sampler="grid")
    search(study, Inline(), ORDERS, trials=30, told=nothing)
    assert study.importances(0) == {}  # of few, what the best have in common is chance
    search(study, Inline(), ORDERS, trials=60, told=nothing)
    importances = study.importances(0)
    assert next(iter(importances)) == "cpu.data_cache"
    assert sum(importances.values()) == pytest.approx(1)
    study.close()
