"""What docs/why.md shows is what is shown."""

from __future__ import annotations

import io
import re
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console

from playground.flow import run_design
from playground.progress import Silent
from playground.resolve import Choices, resolve
from playground.tracing import trace_design
from profiles import why_tables
from profiles.flame_graph import folded_stacks
from profiles.why_table import CAUSE_TEXTS
from toolchain import ArtifactCache

_PAGE = (Path(__file__).parents[2] / "docs/why.md").read_text()
_WIDTH = 100
_DESIGN = resolve(
    Choices(directory=Path(), model="digits_cnn", cfu="simd_mac"),
    project=None,
)


def _rows(text: str) -> set[str]:
    """Return the lines of tables, and what else has columns."""
    lines = (line.strip() for line in text.splitlines())
    return {line for line in lines if re.search(r"  .*\d", line) and not line.startswith("$")}


def test_its_tables_are_those_of_the_run() -> None:
    profile = run_design(
        replace(_DESIGN, why=True), cache=ArtifactCache.default(), progress=Silent()
    )
    stream = io.StringIO()
    console = Console(file=stream, width=_WIDTH, color_system=None)
    for table in why_tables(profile, width=_WIDTH):
        console.print(table)
    shown = _rows("\n".join(re.findall(r"^ {4}(.*)$", _PAGE, re.MULTILINE)))
    assert len(shown) > 12
    assert shown <= _rows(stream.getvalue())


def test_its_stacks_are_those_of_the_trace() -> None:
    traced = trace_design(_DESIGN, cache=ArtifactCache.default(), progress=Silent())
    stacks = folded_stacks(traced.profile, traced.timeline).splitlines()
    shown = re.findall(r"^ {4}(\d .*;.*)$", _PAGE, re.MULTILINE)
    assert len(shown) == 3
    assert shown == sorted(stacks, key=lambda line: -int(line.rpartition(" ")[2]))[:3]


@pytest.mark.parametrize("text", [each for each in CAUSE_TEXTS.values() if each != "issued"])
def test_it_tells_of_every_cause(text: str) -> None:
    assert text in re.findall(r"^\| ([^|]+) \|", _PAGE, re.MULTILINE)
