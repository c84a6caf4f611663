from __future__ import annotations

import dataclasses
import datetime

from playground.serve.runs_page import runs_page
from profiles import RunEntry

_TIME = datetime.datetime(2026, 11, 21, 12, 0, tzinfo=datetime.UTC)
_ENTRY = RunEntry(
    number=1,
    time=_TIME,
    last_time=_TIME,
    repeats=0,
    design_digest="ab" * 32,
    name="dot4",
    model="kws",
    model_digest="cd" * 32,
    board="sim",
    cpu="full",
    clock_hz=100_000_000,
    cycles=123_456,
    provenance="fast",
    is_bit_exact=True,
    is_cached=False,
    is_aside=False,
    git_revision=None,
    is_dirty=None,
    label=None,
)


def _entries(count: int) -> list[RunEntry]:
    return [dataclasses.replace(_ENTRY, number=number) for number in range(count, 0, -1)]


def test_what_a_row_tells() -> None:
    entry = dataclasses.replace(
        _ENTRY, is_bit_exact=False, repeats=1, is_aside=True, label="first", is_dirty=True
    )
    text = runs_page("project", [entry], state="1")
    assert ">dot4 (aside)</a>" in text
    assert '<td class="bad strong">NO</td>' in text
    assert "2026-11-21 12:00 (once more)" in text
    assert 'data-value="123456">123,456</td>' in text
    assert "<figure>" not in text
    twice = dataclasses.replace(entry, repeats=2)
    assert "(2 times more)" in runs_page("project", [twice], state="1")


def test_each_model_board_and_cpu_has_its_ladder() -> None:
    entries = [
        *_entries(2),
        *(dataclasses.replace(entry, board="fomu") for entry in _entries(2)),
        *(dataclasses.replace(entry, cpu="slim") for entry in _entries(1)),
        *(dataclasses.replace(entry, cpu="slim", is_aside=True) for entry in _entries(1)),
    ]
    text = runs_page("project", entries, state="1")
    assert text.count("<figure>") == 2
    assert "runs of kws on board fomu, CPU full" in text


def test_a_long_history_is_cut() -> None:
    entries = [dataclasses.replace(each, is_aside=True) for each in _entries(501)]
    text = runs_page("project", entries, state="501")
    assert "These are the newest 500 of 501 runs." in text
    assert text.count('href="/runs/') == 500
