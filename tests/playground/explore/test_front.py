"""The front, as a table, as JSON and as a page."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest
from rich.console import Console

from playground.explore.bench import ExploreBench, bench_json, bench_page
from playground.explore.explore import Exploration, Found
from playground.explore.front import Point, front_json, front_of, front_table, summary_lines
from playground.explore.objectives import Limits, Measured
from playground.explore.page import explore_page, save_page
from playground.explore.search import search
from playground.explore.settings import Settings
from playground.explore.study import Study
from tests.playground.explore.examples import (
    ORDERS,
    Inline,
    goal_of,
    nothing,
    plan_of,
    space_of,
    study_at,
)
from toolchain import PlaygroundError


@pytest.fixture(name="study", scope="module")
def _study(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Study]:
    """Return a study of the whole grid, with a limit that some are over."""
    goal = goal_of(limits=Limits(cells=3_900))
    database = tmp_path_factory.mktemp("study") / "study.sqlite"
    study = study_at(database, space_of(), goal, sampler="grid")
    search(study, Inline(), ORDERS, trials=30, told=nothing)
    yield study
    study.close()


def _found(study: Study) -> tuple[tuple[Point, ...], Measured]:
    default = study.default()
    assert isinstance(default, Measured)
    return front_of(study.records(), study.goal, default), default


def test_none_of_the_front_is_beaten(study: Study) -> None:
    points, _ = _found(study)
    figures = [(point.measured.cycles, point.measured.cells) for point in points]
    assert figures == sorted(figures)
    assert [cells for _, cells in figures] == sorted((c for _, c in figures), reverse=True)
    for record in study.records():
        measured = record.outcome
        if isinstance(measured, Measured) and study.goal.limits.allow(measured):
            assert not any(study.goal.dominates(measured, point.measured) for point in points)


def test_designs_that_beat_the_default_are_marked(study: Study) -> None:
    records = study.records()
    poor = Measured(97_500, "fast", "made up", cells=3_500, dsp=4, ram=4)
    points = front_of(records, study.goal, poor)
    better = [p for p in points if p.measured.cycles <= 97_500 and p.measured.cells <= 3_500]
    assert better
    assert [p for p in points if p.beats_default] == better
    lines = summary_lines(study, records, points, {}, area_note="")
    assert f"* nowhere worse than the default design, and somewhere better: {len(better)}" in lines


def test_a_table_shows_the_default_and_what_differs(study: Study) -> None:
    points, default = _found(study)
    text = io.StringIO()
    first = points[0]
    table = front_table(study, points, default, {first.design: first.measured.cycles})
    Console(file=text, width=200).print(table)
    lines = text.getvalue().splitlines()
    assert lines[1].split()[:3] == ["default", f"{default.cycles:,}", f"{default.cells:,}"]
    assert "cpu.data_cache=4096, cpu.prediction=static, cpu.bypass=yes" in lines[1]
    assert len(lines) == 2 + len(points)
    assert [line for line in lines if "equal" in line] == [lines[2]]


def test_what_is_said_of_a_study(study: Study) -> None:
    points, _ = _found(study)
    importances = {"cycles": {"cpu.data_cache": 0.75, "cpu.bypass": 0.25}}
    text = "\n".join(
        summary_lines(study, study.records(), points, importances, area_note="an estimate")
    )
    assert "30 trials of 30 designs in a space of 30; 2 failed" in text
    assert "over a limit (at most 3,900 cells)" in text
    assert "what decides cycles, weights of PED-ANOVA: cpu.data_cache 0.75, cpu.byp" in text
    assert "made up to fail" in text


def test_json_has_every_trial(study: Study) -> None:
    points, default = _found(study)
    values = front_json(study, study.records(), points, default, {}, {})
    values = json.loads(json.dumps(values, allow_nan=False))
    assert len(values["trials"]) == 30
    assert sum(trial["on_front"] for trial in values["trials"]) == len(values["front"])
    assert [t["failed"] for t in values["trials"] if "failed" in t] == ["made up to fail"] * 2
    assert values["limits"] == {"cells": 3900}


class _References(HTMLParser):
    """What a page's elements name outside of it; the text of scripts is no elements."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found += [str(value) for name, value in attrs if name in ("src", "href")]


def test_a_page_needs_nothing_but_itself(study: Study, tmp_path: Path) -> None:
    points, default = _found(study)
    importances = {"cycles": {"cpu.data_cache": 0.75, "cpu.bypass": 0.25}, "cells": {}}
    page = explore_page(study, study.records(), points, default, importances, notes=["<b> & more"])
    reader = _References()
    reader.feed(page)
    assert reader.found == []
    assert len(page) < 2_000_000
    assert "trial 0" in page
    assert "&lt;b&gt; &amp; more" in page or "\\u0026lt;b" in page or "&amp;lt;b" in page
    save_page(page, tmp_path / "front.html")
    assert (tmp_path / "front.html").read_text() == page
    with pytest.raises(PlaygroundError, match="cannot write"):
        save_page(page, tmp_path / "nowhere" / "front.html")


def test_the_page_of_figures(study: Study) -> None:
    points, default = _found(study)
    found = Found(study, study.records(), points, default, {"cycles": {"cpu.bypass": 1.0}})
    exploration = Exploration(
        "mine", study.space, study.goal, ORDERS, plan_of(study.space, study.goal), Settings()
    )
    bench = ExploreBench(exploration, found, {1: 100.0, 2: 190.0})
    page = bench_page(bench)
    assert "30 trials of 30 designs" in page
    assert "| 2 | 190 | 1.90× |" in page
    assert "cpu.data_cache=4096" in page
    assert bench_json(bench)["trials_per_hour"] == {1: 100.0, 2: 190.0}
