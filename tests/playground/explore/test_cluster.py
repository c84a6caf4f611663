"""A search past one machine: a Dask scheduler, its workers and PostgreSQL, all of which go away."""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path

import pytest

from playground.explore.cluster import DaskCrew
from playground.explore.objectives import Measured
from playground.explore.search import search
from playground.explore.study import Record
from playground.explore.trial import Order, Outcome
from tests.playground.explore.dask_cluster import DaskCluster
from tests.playground.explore.examples import ORDERS, goal_of, made_up, nothing, space_of, study_at
from tests.playground.explore.postgres import Postgres, free_port
from toolchain import ArtifactCache, PlaygroundError

_TRIALS = 24
_KILLS_A_WORKER, _LOSES_THE_DATABASE, _RESTARTS_THE_SCHEDULER = 4, 9, 15
_MOST_SECONDS = 60.0


def _shared(order: Order, cache: ArtifactCache) -> Outcome:
    """Make a trial up, and an artifact of it that all workers share."""

    def produce(directory: Path) -> None:
        (directory / "made").write_text(str(os.getpid()))

    cache.build("trial", order.digest, produce)
    return made_up(order)


def _crew(cluster: DaskCluster, artifacts: Path, said: list[str]) -> DaskCrew:
    return DaskCrew(
        cluster.address,
        artifacts=str(artifacts),
        patience_seconds=_MOST_SECONDS,
        tell=said.append,
        evaluate=_shared,
    )


def test_no_trial_is_lost_or_counted_twice(tmp_path: Path) -> None:
    said: list[str] = []
    ended: Counter[int] = Counter()
    with Postgres() as postgres, DaskCluster(tmp_path) as cluster:
        cluster.start_scheduler()
        cluster.start_worker()
        cluster.wait_for_workers(1)
        cluster.start_worker()
        cluster.start_worker(is_foreign=True)
        cluster.wait_for_workers(3)

        def told(record: Record) -> None:
            ended[record.number] += 1
            match ended.total():
                case n if n == _KILLS_A_WORKER:
                    cluster.workers[1].kill()
                case n if n == _LOSES_THE_DATABASE:
                    postgres.stop()
                case n if n == _RESTARTS_THE_SCHEDULER:
                    cluster.kill_scheduler()
                    cluster.start_scheduler()
                    cluster.start_worker()

        def tell(text: str) -> None:
            said.append(text)
            if "database" in text:
                postgres.start()

        space, goal = space_of(), goal_of()
        study = study_at(postgres.url, space, goal, sampler="grid", tell=tell)
        artifacts = tmp_path / "artifacts"
        with _crew(cluster, artifacts, said) as crew:
            search(study, crew, ORDERS, trials=_TRIALS, told=told)
        records = study.records()
        unfinished = study.unfinished()
        study.close()

    assert [record.number for record in records] == list(range(_TRIALS))
    assert ended == Counter(range(_TRIALS))
    assert unfinished == []
    for record in records:
        if isinstance(record.outcome, Measured):
            assert record.outcome.simulator == "made up"
    shared = {path.name.removesuffix(".tar.gz") for path in artifacts.rglob("*.tar.gz")}
    designs = {record.design for record in records}
    assert designs <= shared  # and that of the default design, if the grid did not get to it
    assert len(shared) <= len(designs) + 1
    texts = "\n".join(said)
    assert "is away; trials go on" in texts
    assert "what was at work is begun again" in texts
    assert "is refused" in texts
    assert "ziglang 0.1, here" in texts


def test_a_scheduler_with_workers_of_other_versions_only(tmp_path: Path) -> None:
    with DaskCluster(tmp_path) as cluster:
        cluster.start_scheduler()
        cluster.start_worker(is_foreign=True)
        study = study_at(tmp_path / "study.sqlite", space_of(), goal_of())
        with (
            pytest.raises(PlaygroundError, match="cannot make comparable trials") as caught,
            _crew(cluster, tmp_path / "artifacts", []) as crew,
        ):
            search(study, crew, ORDERS, trials=2, told=nothing)
        study.close()
    assert "verilator 0.1, here" in caught.value.message
    assert caught.value.hint is not None
    assert cluster.address in caught.value.hint


def test_a_worker_that_hangs_keeps_nobody_waiting(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("playground.explore.cluster._ANSWER_SECONDS", 0.5)
    said: list[str] = []
    with DaskCluster(tmp_path) as cluster:
        cluster.start_scheduler()
        cluster.start_worker()
        cluster.start_worker()
        cluster.wait_for_workers(2)
        cluster.freeze_worker(1)
        study = study_at(tmp_path / "study.sqlite", space_of(), goal_of())
        with _crew(cluster, tmp_path / "artifacts", said) as crew:
            search(study, crew, ORDERS, trials=3, told=nothing)
            assert crew.size == 1
            (asked,) = crew._asked.values()
            assert not asked.done()
            cluster.thaw_worker(1)
            asked.result(timeout=_MOST_SECONDS)
            search(study, crew, ORDERS, trials=6, told=nothing)
            assert crew.size == 2
        assert len(study.records()) == 6
        study.close()


def test_workers_that_all_hang(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("playground.explore.cluster._ANSWER_SECONDS", 0.5)
    said: list[str] = []
    with DaskCluster(tmp_path) as cluster:
        cluster.start_scheduler()
        cluster.start_worker()
        cluster.wait_for_workers(1)
        cluster.freeze_worker(0)
        study = study_at(tmp_path / "study.sqlite", space_of(), goal_of())
        crew = DaskCrew(
            cluster.address,
            artifacts=None,
            patience_seconds=0.0,
            tell=said.append,
            evaluate=_shared,
        )
        with crew, pytest.raises(PlaygroundError, match=r"has had no worker .* did not answer"):
            search(study, crew, ORDERS, trials=1, told=nothing)
        study.close()
    assert said == [
        f"waiting for workers of `{cluster.address}`; those that are there do not answer"
    ]


def test_a_scheduler_that_is_not_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("playground.explore.cluster._CONNECT_SECONDS", 0.5)
    address = f"tcp://127.0.0.1:{free_port()}"
    with pytest.raises(PlaygroundError) as caught:
        DaskCrew(address, artifacts=None, patience_seconds=0.0, tell=print)
    assert caught.value.message == f"the scheduler `{address}` cannot be reached"
    assert caught.value.hint is not None
    assert caught.value.hint.startswith("`dask scheduler` starts one")


def test_a_store_that_is_not_there(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(PlaygroundError, match=r"artifact store .* cannot be reached"):
        DaskCrew(
            "tcp://127.0.0.1:1",
            artifacts=str(tmp_path / "file" / "artifacts"),
            patience_seconds=0.0,
            tell=print,
        )
