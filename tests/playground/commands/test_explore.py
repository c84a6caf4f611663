from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from playground.explore.objectives import Measured
from playground.explore.trial import Failure, Order, Outcome
from tests.playground.conftest import Ran
from tests.playground.explore.examples import SEARCHED, Inline, made_up

Cfu = Callable[..., Ran]

_FLAGS = ("digits_cnn", "--cfu", "mac4", *(f"--search={text}" for text in SEARCHED))
_PROJECT = """\
model = "digits_cnn"
cfu = "mac4"

[explore]
trials = 12
sampler = "grid"

[explore.search.cpu]
data_cache = [0, 1024, 4096]
bypass = "all"
"""


@pytest.fixture(name="crew", autouse=True)
def _crew(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Inline:
    """Have trials made up, in an empty directory."""
    crew = Inline()
    monkeypatch.setattr("playground.explore.workers.LocalCrew", lambda size, cache: crew)
    monkeypatch.setenv("CFU_CACHE", str(tmp_path / "cache"))
    work = tmp_path / "work"
    work.mkdir()
    monkeypatch.chdir(work)
    return crew


def test_a_search_by_flags(cfu: Cfu) -> None:
    ran = cfu("explore", *_FLAGS, "--trials", "40", "--html", "front.html")
    assert ran.code == 0, ran.err
    assert (
        "study `digits_cnn`: 40 trials in a space of 30: cpu.data_cache, cpu.prediction" in ran.err
    )
    assert ran.out.splitlines()[1].lstrip().startswith("default")
    assert "30 trials of 30 designs" in ran.out  # all of a space that is smaller
    assert "estimated by Yosys without place and route" in ran.out
    assert "now the RTL runs" in ran.err
    assert "cycles, as counted" in ran.err
    assert Path(".cfu", "explore.sqlite").is_file()
    assert "<html" in Path("front.html").read_text()


def test_a_project_says_what_to_search_and_the_rtl_confirms_the_front(
    cfu: Cfu, crew: Inline
) -> None:
    Path("cfu.toml").write_text(_PROJECT)
    ran = cfu("explore", "--json")
    assert ran.code == 0, ran.err
    values = json.loads(ran.out)
    assert values["space"] == {
        "cpu.data_cache": [0, 1024, 4096],
        "cpu.bypass": [False, True],
    }
    assert len(values["trials"]) == 6  # all there are
    assert all(point["rtl_cycles"] == point["cycles"] for point in values["front"])
    on_the_rtl = [o for o in crew.made if o.bundle.design.simulator == "verilator"]
    assert len(on_the_rtl) == len(values["front"])


def test_a_study_goes_on_and_is_not_confirmed_twice(cfu: Cfu, crew: Inline) -> None:
    assert cfu("explore", *_FLAGS, "--trials", "30", "--sampler", "grid").code == 0
    made = len(crew.made)
    again = cfu("explore", *_FLAGS, "--trials", "30", "--sampler", "grid", "--resume")
    assert again.code == 0, again.err
    assert "30 of 30 trials are there already" in again.err
    assert len(crew.made) == made


def test_cycles_that_the_rtl_does_not_count(cfu: Cfu, crew: Inline) -> None:
    def differs(order: Order) -> Outcome:
        outcome = made_up(order)
        if order.bundle.design.simulator != "verilator" or isinstance(outcome, Failure):
            return outcome
        return Measured(outcome.cycles + 1, "rtl", "verilator", 1, 1, 1)

    crew._evaluate = differs
    ran = cfu("explore", *_FLAGS, "--trials", "10")
    assert ran.code == 70
    assert "cycles on the RTL, and the fast simulator counted" in ran.err


@pytest.mark.parametrize(
    ("flags", "message", "hint"),
    [
        (
            ("--search", "cpu.data_cahce"),
            "there is nothing named `cpu.data_cahce` to search",
            "did you mean `cpu.data_cache`?",
        ),
        (("--search", "cpu.data_cache=3,4096"), "data_cache is 3, not a power of two", ""),
        (("--objective", "cylces"), "there is no objective `cylces`", "did you mean `cycles`?"),
        (("--sampler", "annealing"), "there is no sampler `annealing`", "nsga2, tpe, grid, random"),
        (("--fits", "fomo"), "there is no board `fomo`", "did you mean `fomu`?"),
        (("--html", "nowhere/front.html"), "cannot write `nowhere/front.html`", "another file"),
        (("--storage", "mysql://host/db"), "is no address of a database", "postgresql://"),
        (("--resume",), "there is no study `digits_cnn`", "without `--resume`"),
        (("--scheduler", "tcp://x:1", "--workers", "2"), "`--workers` with `--scheduler`", ""),
        (("--artifacts", "/shared"), "`--artifacts` without `--scheduler`", ""),
    ],
)
def test_what_cannot_be_searched(cfu: Cfu, flags: tuple[str, ...], message: str, hint: str) -> None:
    ran = cfu("explore", "digits_cnn", "--cfu", "mac4", *flags)
    assert ran.code == 1
    assert message in ran.err
    assert hint in ran.err
    assert "Traceback" not in ran.err


def test_no_design_within_the_limits(cfu: Cfu) -> None:
    ran = cfu("explore", *_FLAGS, "--trials", "20", "--max-cells", "3050", "--max-dsp", "2")
    assert ran.code == 1
    assert "designs is within the limits (at most 3,050 cells, at most 2 DSP)" in ran.err
    assert "2 dsp too many" in ran.err
    assert "search smaller values" in ran.err


def test_a_changed_space(cfu: Cfu) -> None:
    assert cfu("explore", *_FLAGS, "--trials", "3", "--no-confirm").code == 0
    ran = cfu("explore", *_FLAGS[:-1], "--trials", "5", "--resume")
    assert ran.code == 1
    assert "the study `digits_cnn` searched something else: search of `cpu.bypass`" in ran.err
    assert "begin another with `--study NAME`" in ran.err


def test_a_wrong_key_in_a_project(cfu: Cfu) -> None:
    Path("cfu.toml").write_text(_PROJECT.replace("trials", "trails"))
    ran = cfu("explore")
    assert ran.code == 1
    assert "unknown key `trails` in `[explore]`" in ran.err


@pytest.mark.parametrize(
    ("table", "told"),
    [
        ("search.cpu.data_cash = [0]", "line 3: there is nothing named `cpu.data_cash` to search"),
        ("search.kernels = ['portabel', 'none']", "line 3: `kernels` cannot be `portabel`"),
        ("search.cpu.data_cache = [0, 3]", "line 3: no CPU can be made with data_cache=3"),
        ("objectives = ['cels']", "line 3: there is no objective `cels`"),
    ],
)
def test_a_fault_of_the_table_is_told_with_its_line(cfu: Cfu, table: str, told: str) -> None:
    Path("cfu.toml").write_text(f'model = "digits_cnn"\n[explore]\n{table}\n')
    ran = cfu("explore")
    assert ran.code == 1
    assert ran.err.splitlines()[-3].startswith(f"error: `{Path.cwd() / 'cfu.toml'}` {told}")
