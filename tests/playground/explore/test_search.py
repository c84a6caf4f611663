"""Searching: each trial counts once, whatever happens to those who make it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import filelock
import pytest

from playground.explore.front import front_of
from playground.explore.objectives import Limits, Measured
from playground.explore.search import search
from playground.explore.trial import Failure, Order, Outcome
from playground.explore.workers import LocalCrew
from tests.playground.explore.examples import (
    ORDERS,
    Inline,
    goal_of,
    made_up,
    nothing,
    space_of,
    study_at,
)
from tests.toolchain.lasting import LASTING, caller
from toolchain import ArtifactCache, PlaygroundError, run_tool


@pytest.mark.parametrize("sampler", ["nsga2", "tpe", "random"])
def test_trials_are_made_and_kept(tmp_path: Path, sampler: str) -> None:
    space, goal, crew = space_of(), goal_of(), Inline()
    study = study_at(tmp_path / "study.sqlite", space, goal, sampler=sampler)
    search(study, crew, ORDERS, trials=30, told=nothing)
    records = study.records()
    assert [record.number for record in records] == list(range(30))
    assert len({order.digest for order in crew.made}) == len(crew.made)  # each design once
    default = study.default()
    assert isinstance(default, Measured)
    front = front_of(records, goal, default)
    assert any(point.beats_default for point in front) or default in [p.measured for p in front]
    failed = [r.outcome for r in records if isinstance(r.outcome, Failure)]
    assert failed
    assert {each.reason for each in failed} == {"made up to fail"}
    study.close()


def test_the_grid_is_all_there_is(tmp_path: Path) -> None:
    space, goal = space_of(), goal_of()
    study = study_at(tmp_path / "study.sqlite", space, goal, sampler="grid")
    search(study, Inline(), ORDERS, trials=space.size, told=nothing)
    assert len({tuple(sorted(r.values.items())) for r in study.records()}) == space.size == 30
    study.close()


def test_the_first_trial_is_the_default_design(tmp_path: Path) -> None:
    study = study_at(tmp_path / "study.sqlite", space_of(), goal_of())
    search(study, Inline(), ORDERS, trials=3, told=nothing)
    assert study.records()[0].values == study.space.defaults
    assert study.records()[0].outcome == study.default()
    study.close()


def test_a_search_goes_on_where_it_was(tmp_path: Path) -> None:
    space, goal = space_of(), goal_of()
    study = study_at(tmp_path / "study.sqlite", space, goal)
    search(study, Inline(), ORDERS, trials=5, told=nothing)
    before = study.records()
    study.begin()  # and is then killed
    study.close()
    crew = Inline()
    study = study_at(tmp_path / "study.sqlite", space, goal, resume=True)
    search(study, crew, ORDERS, trials=12, told=nothing)
    after = study.records()
    assert after[:5] == before
    assert [record.number for record in after] == list(range(12))
    assert study.unfinished() == []
    made_before = {record.design for record in before}
    assert made_before.isdisjoint(order.digest for order in crew.made)
    study.close()


def test_a_default_design_that_fails_ends_the_search(tmp_path: Path) -> None:
    study = study_at(tmp_path / "study.sqlite", space_of(), goal_of())
    crew = Inline(lambda order: Failure("it does not run", "mend it"))
    with pytest.raises(PlaygroundError, match="the search begins from fails: it does not run"):
        search(study, crew, ORDERS, trials=5, told=nothing)
    study.close()


def test_what_goes_wrong_on_a_machine_is_tried_again_by_a_later_trial(tmp_path: Path) -> None:
    tries: Counter[str] = Counter()

    def unlucky(order: Order) -> Outcome:
        tries[order.digest] += 1
        first = tries[order.digest] == 1 and (order.bundle.design.cpu or "full") != "full"
        return Failure("no space left", is_final=False) if first else made_up(order)

    space = space_of("cpu.bypass=no,yes")
    study = study_at(tmp_path / "study.sqlite", space, goal_of())
    search(study, Inline(unlucky, size=1), ORDERS, trials=16, told=nothing)
    outcomes = [r.outcome for r in study.records() if r.values == {"cpu.bypass": False}]
    assert isinstance(outcomes[0], Failure)
    assert isinstance(outcomes[-1], Measured)
    study.close()


def test_designs_over_a_limit_are_not_on_the_front(tmp_path: Path) -> None:
    goal = goal_of(limits=Limits(ram=1))
    study = study_at(tmp_path / "study.sqlite", space_of(), goal, sampler="nsga2")
    search(study, Inline(), ORDERS, trials=40, told=nothing)
    front = front_of(study.records(), goal, None)
    assert front
    assert all(point.measured.ram <= 1 for point in front)
    study.close()


_KILLED = """
import sys, time
from pathlib import Path
from playground.explore.search import search
from tests.playground.explore.examples import *

made = Path(sys.argv[2])


def slow(order):
    time.sleep(0.03)
    with made.open("a") as file:
        file.write(order.digest + "\\n")
    return made_up(order)


study = study_at(Path(sys.argv[1]), space_of(), goal_of(), resume=sys.argv[3] == "resume")
print("begun", flush=True)
search(study, Inline(slow, size=2), ORDERS, trials=25, told=lambda r: print(r.number, flush=True))
"""


def test_a_killed_search_loses_nothing_and_counts_nothing_twice(tmp_path: Path) -> None:
    database, made = tmp_path / "study.sqlite", tmp_path / "made"
    kills = 0
    for ended_before_kill in (0, 3, 5, None):
        process = subprocess.Popen(
            [sys.executable, "-c", _KILLED, database, made, "resume" if kills else "new"],
            cwd=Path(__file__).parents[3],
            env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[3])},
            stdout=subprocess.PIPE,
            text=True,
        )
        assert process.stdout is not None
        for line_number, _ in enumerate(process.stdout):
            if line_number == ended_before_kill:
                process.send_signal(signal.SIGKILL)
                kills += 1
                break
        process.communicate()
    assert kills == 3
    study = study_at(database, space_of(), goal_of(), resume=True)
    records = study.records()
    assert [record.number for record in records] == list(range(25))
    assert study.unfinished() == []
    assert all(record.outcome for record in records)
    # Only what was at work when a process was killed was made again.
    again = Counter(made.read_text().split())
    assert sum(again.values()) - len(again) <= 2 * kills
    study.close()


def _die_once(order: Order, cache: ArtifactCache) -> Outcome:
    mark = cache.root / order.digest
    cpu = order.bundle.design.cpu or "full"
    if cpu == "full:bypass=no" and not mark.exists():
        mark.write_text("")
        os.kill(os.getpid(), signal.SIGKILL)
    if cpu == "full:prediction=none,bypass=no":
        os.kill(os.getpid(), signal.SIGKILL)
    return made_up(order)


def _die(order: Order, cache: ArtifactCache) -> Outcome:
    os.kill(os.getpid(), signal.SIGKILL)
    return made_up(order)


def test_workers_that_all_die_end_no_search(tmp_path: Path) -> None:
    with LocalCrew(2, ArtifactCache(tmp_path), evaluate=_die) as crew:
        space = space_of()
        for number in range(3):
            crew.put(number, ORDERS.of(space, {"cpu.bypass": number % 2 == 0}))
        settled = [crew.take() for _ in range(3)]
    assert sorted(s.number for s in settled) == [0, 1, 2]
    assert all(isinstance(s.outcome, Failure) and not s.outcome.is_final for s in settled)


def test_a_worker_that_dies_costs_no_trial(tmp_path: Path) -> None:
    space = space_of("cpu.bypass=no,yes", "cpu.prediction=none,static")
    study = study_at(tmp_path / "study.sqlite", space, goal_of(), sampler="grid")
    with LocalCrew(1, ArtifactCache(tmp_path), evaluate=_die_once) as crew:
        search(study, crew, ORDERS, trials=4, told=nothing)
    outcomes = {space.apply(r.values).cpu: r.outcome for r in study.records()}
    assert len(outcomes) == 4
    assert isinstance(outcomes["full:bypass=no"], Measured)
    hopeless = outcomes["full:prediction=none,bypass=no"]
    assert isinstance(hopeless, Failure)
    assert hopeless.reason.startswith("the worker died, 3 times")
    study.close()


def _die_or_wait(order: Order, cache: ArtifactCache) -> Outcome:
    if order.bundle.design.cpu == "full:bypass=no":
        os.kill(os.getpid(), signal.SIGKILL)
    with (cache.root / "begun").open("a") as file:
        file.write("x")
    with filelock.FileLock(cache.root / "lock", timeout=60):
        return made_up(order)


def test_a_trial_that_kills_its_worker_costs_the_others_nothing(tmp_path: Path) -> None:
    space = space_of()
    with LocalCrew(2, ArtifactCache(tmp_path), evaluate=_die_or_wait) as crew:
        with filelock.FileLock(tmp_path / "lock"):
            crew.put(0, ORDERS.of(space, {"cpu.bypass": True}))
            crew.put(1, ORDERS.of(space, {"cpu.bypass": False}))
            guilty = crew.take()  # told while the other one is at work
        innocent = crew.take()
    assert guilty.number == 1
    assert isinstance(guilty.outcome, Failure)
    assert guilty.outcome.reason.startswith("the worker died, 3 times")
    assert innocent.number == 0
    assert isinstance(innocent.outcome, Measured)
    assert (tmp_path / "begun").read_text() == "x"


def _tell_who(order: Order, cache: ArtifactCache) -> Outcome:
    with (cache.root / "workers").open("a") as file:
        file.write(f"{os.getpid()}\n")
    return made_up(order)


def test_a_worker_that_dies_between_trials_is_replaced(tmp_path: Path) -> None:
    order = ORDERS.of(space_of(), {})
    with LocalCrew(1, ArtifactCache(tmp_path), evaluate=_tell_who) as crew:
        for number in range(3):
            crew.put(number, order)
            assert isinstance(crew.take().outcome, Measured)
            if number == 1:
                os.kill(int((tmp_path / "workers").read_text().split()[-1]), signal.SIGKILL)
    first, second, third = (tmp_path / "workers").read_text().split()
    assert first == second != third


def run_lasting_tool(order: Order, cache: ArtifactCache) -> Outcome:
    def produce(directory: Path) -> None:
        run_tool(LASTING, [cache.root / "pipe"], cwd=directory, what="lasting")

    cache.build("kind", "key", produce)
    return made_up(order)


_SEARCHES = """
from playground.explore.workers import LocalCrew
from tests.playground.explore.test_search import run_lasting_tool
from toolchain import ArtifactCache
with LocalCrew(1, ArtifactCache(pipe.parent), evaluate=run_lasting_tool) as crew:
    crew.put(0, None)
    crew.take()
"""


@pytest.mark.parametrize(
    ("end", "number"),
    [
        (os.killpg, signal.SIGINT),  # a terminal's Ctrl-C
        (os.kill, signal.SIGINT),
        (os.kill, signal.SIGKILL),
    ],
)
def test_tools_of_workers_end_with_the_search(
    tmp_path: Path, end: Callable[[int, int], None], number: int
) -> None:
    with caller(_SEARCHES, tmp_path, tools=1) as (pid, said):
        # Else it might end before its worker, which would tell of a trial that failed.
        assert said == ["begun, ignores Ctrl-C\n"] * 2
        end(pid, number)
