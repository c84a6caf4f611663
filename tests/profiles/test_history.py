from __future__ import annotations

import multiprocessing
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

from profiles import (
    CfuIdentity,
    History,
    Profile,
    RunContext,
    Simulator,
    design_digest,
)
from profiles.history_file import HISTORY_VERSION
from tests.profiles.examples import MISMATCH, example_layer, example_profile
from toolchain import PlaygroundError

_DATE = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


def _profile(cycles: int, **changes: object) -> Profile:
    """Return a profile of one layer; each number of cycles is of a CFU of its own."""
    cfu = CfuIdentity(name="my_cfu", digest=f"{cycles:064x}")
    layers = (example_layer(0, cycles=cycles),)
    return example_profile(**{"cfu": cfu, "layers": layers} | changes)


def _record(history: History, *cycles: int) -> None:
    for count in cycles:
        history.record(_profile(count), RunContext())


def _change(history: History, statement: str) -> None:
    with closing(sqlite3.connect(history.path)) as connection:
        connection.execute(statement)
        connection.commit()


def test_a_run_is_there_again(tmp_path: Path) -> None:
    profile = _profile(1000, recorded=True)
    context = RunContext(git_revision="ab" * 20, is_dirty=True, label="first try")
    entry = History.open(tmp_path).record(profile, context)

    history = History.open(tmp_path)
    assert history.entries() == (entry,)
    assert history.profile(entry) == profile
    assert entry.number == 1
    assert entry.time == entry.last_time == _DATE
    assert (entry.name, entry.model, entry.cycles) == ("my_cfu, no kernels", "kws", 1000)
    assert (entry.provenance, entry.board, entry.cpu) == ("rtl", "sim", "full")
    assert (entry.git_revision, entry.is_dirty, entry.label) == ("ab" * 20, True, "first try")
    assert entry.is_bit_exact
    assert entry.is_cached
    assert entry.milliseconds == pytest.approx(0.01)
    assert entry.design_digest == design_digest(profile)


def test_a_wrong_run_is_told_from_an_exact_one(tmp_path: Path) -> None:
    wrong = example_layer(0, bit_exact=False, mismatch=MISMATCH)
    entry = History.open(tmp_path).record(example_profile(layers=(wrong,)), RunContext())
    assert not entry.is_bit_exact


def test_times_are_utc(tmp_path: Path) -> None:
    date = _DATE.astimezone(timezone(timedelta(hours=5)))
    entry = History.open(tmp_path).record(_profile(1, date=date), RunContext())
    assert entry.time == _DATE
    assert entry.time.utcoffset() == timedelta()


def test_the_newest_comes_first(tmp_path: Path) -> None:
    history = History.open(tmp_path)
    assert history.entries() == ()
    _record(history, 30, 20, 10)
    assert [(entry.number, entry.cycles) for entry in history.entries()] == [
        (3, 10),
        (2, 20),
        (1, 30),
    ]
    assert [entry.number for entry in history.entries(limit=2)] == [3, 2]


def test_the_same_run_again_is_counted(tmp_path: Path) -> None:
    history = History.open(tmp_path)
    later = _DATE + timedelta(minutes=3)
    _record(history, 30)
    again = _profile(30, date=later, recorded=True, wall_seconds={"simulate": 99.0})
    entry = history.record(again, RunContext())
    assert (entry.number, entry.repeats, entry.time, entry.last_time) == (1, 1, _DATE, later)
    assert len(history.entries()) == 1


@pytest.mark.parametrize(
    ("profile", "context"),
    [
        (_profile(31), RunContext()),
        (_profile(30, simulator=Simulator(name="fast", version="1")), RunContext()),
        (_profile(30), RunContext(git_revision="cd" * 20, is_dirty=False)),
    ],
    ids=["design", "simulator", "revision"],
)
def test_another_run_is_another_entry(
    profile: Profile, context: RunContext, tmp_path: Path
) -> None:
    history = History.open(tmp_path)
    _record(history, 30)
    assert history.record(profile, context).number == 2


def test_going_back_is_an_entry_of_its_own(tmp_path: Path) -> None:
    history = History.open(tmp_path)
    _record(history, 30, 20, 30)
    assert [entry.cycles for entry in history.entries()] == [30, 20, 30]


def test_a_run_made_aside_is_recorded_once_and_no_step(tmp_path: Path) -> None:
    history = History.open(tmp_path)
    _record(history, 20, 10)
    for _ in range(2):
        history.record(_profile(100), RunContext(is_aside=True))
        _record(history, 10)
    shown = [(entry.cycles, entry.repeats, entry.is_aside) for entry in history.entries()]
    assert shown == [(100, 1, True), (10, 2, False), (20, 0, False)]
    assert history.find("last").cycles == 10
    assert history.find("last~1").cycles == 20


def test_a_label_for_what_was_just_run(tmp_path: Path) -> None:
    history = History.open(tmp_path)
    _record(history, 30)
    labels = [
        history.record(_profile(30), RunContext(label=label)) for label in ("good", None, "better")
    ]
    assert [(entry.number, entry.label) for entry in labels] == [
        (1, "good"),
        (1, "good"),
        (2, "better"),
    ]


def test_finding_a_run(tmp_path: Path) -> None:
    history = History.open(tmp_path)
    _record(history, 30, 20, 30)
    history.record(_profile(20), RunContext(label="unrolled by 4"))
    digest = design_digest(_profile(30))
    found = {
        reference: history.find(reference).number
        for reference in ("1", "#2", "last", "last~0", "last~3", "unrolled by 4", digest[:8])
    }
    assert list(found.values()) == [1, 2, 4, 4, 1, 4, 3]


@pytest.mark.parametrize(
    "reference", ["0", "2", "last~1", "best", "", "ab", "0" * 64, "last~", "-1"]
)
def test_finding_what_is_not_there(reference: str, tmp_path: Path) -> None:
    history = History.open(tmp_path)
    _record(history, 30)
    with pytest.raises(PlaygroundError, match=f"the history has no run `{reference}`") as caught:
        history.find(reference)
    assert "cfu log" in (caught.value.hint or "")


def test_an_ambiguous_digest(tmp_path: Path) -> None:
    history = History.open(tmp_path)
    _record(history, 30, 20)
    _change(history, "UPDATE run SET design_digest = 'abcd' || number")
    assert history.find("abcd2").number == 2
    with pytest.raises(PlaygroundError, match="several designs have a digest that begins with"):
        history.find("abcd")


def test_the_digest_is_of_what_decides() -> None:
    profile = _profile(30)
    fast = _profile(30, simulator=Simulator(name="fast", version="1"), recorded=True)
    assert design_digest(fast) == design_digest(profile)
    for change in ({"cpu": "slim"}, {"kernels_digest": "ab"}, {"clock_hz": 1}, {"inputs": ()}):
        assert design_digest(_profile(30, **change)) != design_digest(profile)


def test_a_project_that_was_moved(tmp_path: Path) -> None:
    project = tmp_path / "here"
    project.mkdir()
    _record(History.open(project), 30, 20)
    (tmp_path / "a b?#%c").mkdir()  # what would mean something in a URI
    moved = tmp_path / "a b?#%c" / "there"
    project.rename(moved)
    history = History.open(moved)
    _record(history, 10)
    assert [entry.cycles for entry in history.entries()] == [10, 20, 30]


def test_a_project_that_was_copied(tmp_path: Path) -> None:
    project = tmp_path / "here"
    project.mkdir()
    _record(History.open(project), 30)
    copy = tmp_path / "there"
    shutil.copytree(project, copy)
    _record(History.open(copy), 20)
    assert [entry.cycles for entry in History.open(copy).entries()] == [20, 30]
    assert [entry.cycles for entry in History.open(project).entries()] == [30]


def test_nothing_of_it_is_for_git(tmp_path: Path) -> None:
    History.open(tmp_path)
    assert (tmp_path / ".cfu" / ".gitignore").read_text() == "*\n"


def test_a_history_of_a_newer_version(tmp_path: Path) -> None:
    history = History.open(tmp_path)
    _record(history, 30)
    _change(history, f"PRAGMA user_version = {HISTORY_VERSION + 1}")
    before = history.path.read_bytes()
    with pytest.raises(PlaygroundError, match=f"has version {HISTORY_VERSION + 1}") as caught:
        History.open(tmp_path)
    assert "newer playground" in (caught.value.hint or "")
    with pytest.raises(PlaygroundError, match="has version"):
        _record(history, 20)
    assert history.path.read_bytes() == before


def _another_program(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE run (number INTEGER)")


def _no_table(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("ALTER TABLE run RENAME TO other")


def _no_time(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("UPDATE run SET time = 'noon'")
        connection.commit()


def _overwritten(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:100] + bytes(len(path.read_bytes()) - 100))


def _remade(path: Path) -> None:
    path.unlink()
    _another_program(path)


@pytest.mark.parametrize(
    "damage",
    [
        lambda path: path.write_text("something else" * 100),
        lambda path: path.write_bytes(path.read_bytes()[:5000]),
        _overwritten,
        _remade,
        _no_table,
        _no_time,
    ],
    ids=["text", "short", "overwritten", "another program's", "table", "time"],
)
def test_a_damaged_history(damage: object, tmp_path: Path) -> None:
    history = History.open(tmp_path)
    _record(history, 30)
    assert callable(damage)
    damage(history.path)
    with pytest.raises(PlaygroundError, match=r"the history `.*` is damaged") as caught:
        History.open(tmp_path).entries()
    assert "move it away" in (caught.value.hint or "")


def test_a_damaged_record_leaves_the_others(tmp_path: Path) -> None:
    history = History.open(tmp_path)
    _record(history, 30, 20)
    _change(history, "UPDATE run SET profile = x'1234' WHERE number = 1")
    assert history.profile(history.find("2")).total_cycles == 20
    with pytest.raises(PlaygroundError, match="is damaged: run 1 cannot be unpacked"):
        history.profile(history.find("1"))


def test_an_interrupted_making_is_done_again(tmp_path: Path) -> None:
    path = History.path_in(tmp_path)
    path.parent.mkdir()
    path.touch()
    history = History.open(tmp_path)
    _record(history, 30)
    assert len(history.entries()) == 1


def test_a_project_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / ".cfu").write_text("a file")
    with pytest.raises(PlaygroundError, match=r"cannot use the history `.*`") as caught:
        History.open(tmp_path)
    assert caught.value.hint


def test_a_history_that_can_only_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _record(History.open(tmp_path), 30)
    before = sorted((tmp_path / ".cfu").iterdir())
    monkeypatch.setattr("profiles.history_file.os.access", lambda path, mode: False)
    history = History.open(tmp_path)
    assert [entry.cycles for entry in history.entries()] == [30]
    assert sorted((tmp_path / ".cfu").iterdir()) == before
    with pytest.raises(PlaygroundError, match=r"cannot use the history .*readonly"):
        _record(history, 20)


def test_runs_in_the_log_are_seen_by_who_can_only_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    history = History.open(tmp_path)
    with closing(sqlite3.connect(history.path)) as reader:  # so the log stays
        reader.execute("SELECT * FROM run").fetchall()
        _record(history, 30, 20)
        monkeypatch.setattr("profiles.history_file.os.access", lambda path, mode: False)
        assert [entry.cycles for entry in History.open(tmp_path).entries()] == [20, 30]


def test_no_space_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    history = History.open(tmp_path)
    _record(history, 30)
    connect = sqlite3.connect

    def small(*arguments: object, **options: object) -> sqlite3.Connection:
        connection: sqlite3.Connection = connect(*arguments, **options)  # type: ignore[call-overload]
        connection.execute("PRAGMA max_page_count = 1")  # SQLite takes what it has already
        return connection

    monkeypatch.setattr(sqlite3, "connect", small)
    with pytest.raises(PlaygroundError, match="no space left on the disk that holds") as caught:
        _record(history, *range(1, 100))
    monkeypatch.undo()
    assert caught.value.hint == "free some space"
    entries = history.entries()
    assert history.profile(entries[0]).total_cycles == entries[0].cycles


def _record_many(project: Path, first: int, count: int) -> None:
    for cycles in range(first, first + count):
        _record(History.open(project), cycles)


def test_several_processes_lose_nothing(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    processes = [
        context.Process(target=_record_many, args=(tmp_path, 1000 * which, 20))
        for which in range(1, 4)
    ]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert [process.exitcode for process in processes] == [0, 0, 0]
    cycles = [entry.cycles for entry in History.open(tmp_path).entries()]
    assert sorted(cycles) == [1000 * which + i for which in range(1, 4) for i in range(20)]


_ENDLESS = """
import sys
from pathlib import Path
from tests.profiles.test_history import _profile
from profiles import History, RunContext

history = History.open(Path(sys.argv[1]))
cycles = 0
while True:
    cycles += 1
    history.record(_profile(cycles), RunContext())
    print(cycles, flush=True)
"""


@pytest.fixture
def endless(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """Give a process that records runs of 1, 2, 3, … cycles and prints each that it recorded."""
    root = Path(__file__).parents[2]
    command = [sys.executable, "-c", _ENDLESS, str(tmp_path)]
    environment = {**os.environ, "PYTHONPATH": str(root)}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as process:
        yield process
        process.kill()


def test_a_killed_process_loses_nothing(endless: subprocess.Popen[str], tmp_path: Path) -> None:
    assert endless.stdout is not None
    told = [int(endless.stdout.readline()) for _ in range(25)]
    endless.send_signal(signal.SIGKILL)
    told += [int(line) for line in endless.stdout]
    endless.wait()
    history = History.open(tmp_path)
    cycles = [entry.cycles for entry in reversed(history.entries())]
    # The last one may have been recorded and not told any more.
    assert told == list(range(1, len(told) + 1))
    assert cycles in (told, [*told, len(told) + 1])
    assert [history.profile(entry).total_cycles for entry in history.entries()] == cycles[::-1]
    _record(history, 1_000_000)
    assert history.find("last").cycles == 1_000_000
