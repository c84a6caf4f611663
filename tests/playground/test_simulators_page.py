"""What docs/simulators.md says: no count differs, and all are those of docs/ladder.md."""

from __future__ import annotations

from pathlib import Path

import pytest

from playground.catalog import catalog_names
from playground.ladder import Rung, ladder_rungs
from playground.ladder_page import read_ladder
from playground.simulators_bench import fast_cfus, read_counts

_DOCS = Path(__file__).parents[2] / "docs"
_COUNTS = read_counts((_DOCS / "simulators.md").read_text())


def test_the_page_has_every_model_and_cfu() -> None:
    assert set(_COUNTS) == {(cfu, model) for cfu in fast_cfus() for model in catalog_names()}


def test_no_cycle_is_between_the_simulators() -> None:
    assert {case: rtl - fast for case, (rtl, fast) in _COUNTS.items() if rtl != fast} == {}


@pytest.mark.parametrize(
    "rung",
    [rung for rung in ladder_rungs() if rung.kernels != "portable"],
    ids=lambda rung: rung.name,
)
def test_counts_are_those_of_the_ladder(rung: Rung) -> None:
    ladder = read_ladder((_DOCS / "ladder.md").read_text())
    if rung.cfu in fast_cfus():
        for model in catalog_names():
            assert _COUNTS[rung.cfu, model][0] == ladder[rung.name, model], (
                "after a change that is meant, run `cfu bench sim --write docs/simulators.md`"
            )
