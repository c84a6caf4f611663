"""Some cycle counts of docs/ladder.md are those that runs show."""

from __future__ import annotations

from pathlib import Path

import pytest

from playground.catalog import catalog_names
from playground.flow import run_design
from playground.ladder import ladder_rungs, rung_design
from playground.ladder_page import read_ladder
from playground.progress import Silent
from toolchain import ArtifactCache

_COUNTS = read_ladder((Path(__file__).parents[2] / "docs" / "ladder.md").read_text())
_RUNGS = {rung.name: rung for rung in ladder_rungs()}


def test_the_page_has_every_rung_and_model() -> None:
    written = {rung for rung, _ in _COUNTS if not rung.endswith("GCC")}
    assert written == set(_RUNGS)
    assert {model for _, model in _COUNTS} == set(catalog_names())


@pytest.mark.parametrize("rung", sorted(_RUNGS))
def test_counts_are_those_of_new_runs(rung: str) -> None:
    design = rung_design("digits_cnn", _RUNGS[rung])
    profile = run_design(design, cache=ArtifactCache.default(), progress=Silent())
    assert profile.total_cycles == _COUNTS[rung, "digits_cnn"], (
        "after a change that is meant, run `cfu bench ladder --write docs/ladder.md`"
    )
