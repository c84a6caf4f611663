from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from rich.console import Console
from rich.table import Table

from profiles import RunEntry
from profiles.history_table import (
    CSV_COLUMNS,
    best_runs,
    best_table,
    log_table,
    logged_runs,
    run_json,
)

_ENTRY = RunEntry(
    number=1,
    time=datetime(2026, 11, 21, 12, 0, tzinfo=UTC),
    last_time=datetime(2026, 11, 21, 12, 5, tzinfo=UTC),
    repeats=0,
    design_digest="ab" * 32,
    name="MyCfu",
    model="kws",
    model_digest="cd" * 32,
    board="sim",
    cpu="full",
    clock_hz=100_000_000,
    cycles=1_000_000,
    provenance="fast",
    is_bit_exact=True,
    is_cached=False,
    is_aside=False,
    git_revision=None,
    is_dirty=None,
    label=None,
)


def _entries(*changes: dict[str, object]) -> list[RunEntry]:
    """Return runs, newest first, changed as said from the oldest on."""
    found = [replace(_ENTRY, number=n, **each) for n, each in enumerate(changes, 1)]  # type: ignore[arg-type]
    return found[::-1]


def _text(table: Table, width: int = 200) -> str:
    console = Console(width=width, color_system=None)
    with console.capture() as capture:
        console.print(table)
    return capture.get()


def test_each_run_is_beside_the_one_before_that_is_like_it() -> None:
    runs = logged_runs(
        _entries(
            {},
            {"model": "other", "model_digest": "ef" * 32, "cycles": 7},
            {"cycles": 750_000},
            {"cpu": "slim", "cycles": 9},
            {"name": "baseline", "cycles": 5_000_000, "is_aside": True},
            {"cycles": 900_000},
        )
    )
    assert [run.entry.number for run in runs] == [6, 5, 4, 3, 2, 1]
    references = [run.reference.number if run.reference else None for run in runs]
    assert references == [3, None, None, 1, None, None]
    assert runs[0].change == pytest.approx(0.2)
    assert runs[3].change == -0.25
    assert runs[3].speedup == pytest.approx(4 / 3)


@pytest.mark.parametrize("wrong", [0, 1])
def test_a_wrong_result_has_no_change(wrong: int) -> None:
    changes: list[dict[str, object]] = [{}, {"cycles": 1}]
    changes[wrong]["is_bit_exact"] = False
    runs = logged_runs(_entries(*changes))
    assert runs[0].reference is not None
    assert runs[0].change is None
    assert "1 WRONG" in _text(log_table(runs)) or wrong == 0


@pytest.mark.parametrize(
    ("cycles", "shown"),
    [
        (1_000_000, " = "),
        (877_000, "-12.3%"),
        (1_500_000, "+50.0%"),
        (1_000_100, "+100 "),
        (20_000_000, "20.0×"),
    ],
)
def test_changes_in_the_table(cycles: int, shown: str) -> None:
    (row,) = [
        line
        for line in _text(log_table(logged_runs(_entries({}, {"cycles": cycles})))).splitlines()
        if line.strip().startswith("2")
    ]
    assert shown in f"{row} "


def test_the_table_tells_where_its_cycles_come_from() -> None:
    alike = _text(log_table(logged_runs(_entries({}))))
    assert "cycles: fast; board sim, CPU full" in alike
    assert "cycles by" not in alike
    mixed = _text(log_table(logged_runs(_entries({}, {"provenance": "rtl", "board": "fomu"}))))
    assert "cycles by" in mixed
    assert "fomu" in mixed


def test_revisions_labels_and_repeats() -> None:
    entries = _entries(
        {"git_revision": "0123456789" * 4, "is_dirty": False},
        {"git_revision": "0123456789" * 4, "is_dirty": True, "label": "unrolled"},
        {"is_dirty": True, "repeats": 2},
    )
    lines = _text(log_table(logged_runs(entries), caption="and more")).splitlines()
    rows = {line.split()[0]: line for line in lines if line.strip()[:1].isdigit()}
    assert "01234567 " in rows["1"] + " "
    assert "unrolled  01234567+" in rows["2"]
    assert "uncommitted" in rows["3"]
    assert "3 times" in rows["3"]
    assert any("and more" in line for line in lines)


def test_a_narrow_table_keeps_cycles_and_changes() -> None:
    entries = _entries({"label": "a"}, {"git_revision": "01" * 20, "cpu": "slim", "repeats": 1})
    text = _text(log_table(logged_runs(entries), width=60), 60)
    assert "1,000,000" in text
    assert "change" in text
    assert "01010101" not in text


def test_the_best_of_each_model_board_and_cpu() -> None:
    runs = best_runs(
        _entries(
            {"cycles": 300},
            {"cycles": 100},
            {"cycles": 50, "is_bit_exact": False},
            {"cycles": 100},
            {"cycles": 400, "name": "baseline", "is_aside": True},
            {"cycles": 20, "cpu": "slim"},
        )
    )
    assert [(run.entry.number, run.reference and run.reference.number) for run in runs] == [
        (6, 6),
        (2, 5),
    ]
    assert runs[1].speedup == 4.0
    text = _text(best_table(runs))
    assert "4.00×" in text
    assert "#5" in text


def test_without_a_baseline_the_first_run_is_the_reference() -> None:
    (run,) = best_runs(_entries({"cycles": 300}, {"cycles": 100}))
    assert run.speedup == 3.0


def test_values_for_programs() -> None:
    runs = logged_runs(_entries({}, {"cycles": 500_000}))
    values = run_json(runs[0])
    assert set(values) == set(CSV_COLUMNS)
    assert values["time"] == "2026-11-21T12:00:00+00:00"
    assert (values["reference"], values["change"], values["milliseconds"]) == (1, -0.5, 5.0)
    assert run_json(runs[1])["reference"] is None
