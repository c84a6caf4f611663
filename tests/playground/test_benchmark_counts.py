"""The cycle counts of docs/benchmarks.md are those that runs show.

The page has them from the RTL. They are counted here by the fast simulator, which other tests hold
to the RTL, since hundreds of millions of cycles would take the RTL minutes.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from playground.benchmarks import read_totals
from playground.catalog import catalog_names
from playground.commands.bench import benchmark_design
from playground.design import FAST_SIMULATOR, baseline_of
from playground.flow import run_design
from playground.models.fetch import fetched_model, import_models
from playground.progress import Silent
from tests.reference_models import REFERENCE_MODELS, reference_model
from toolchain import ArtifactCache

PAGE = Path(__file__).parents[2] / "docs" / "benchmarks.md"


def test_the_page_has_every_model() -> None:
    assert set(read_totals(PAGE.read_text())) == set(catalog_names())


@pytest.mark.parametrize("model", catalog_names())
def test_counts_are_those_of_new_runs(model: str) -> None:
    cache = ArtifactCache.default()
    if model in REFERENCE_MODELS and fetched_model(cache, model) is None:
        import_models(cache, reference_model(model).parent)
    faster = replace(benchmark_design(model), simulator=FAST_SIMULATOR)
    counts = tuple(
        run_design(design, cache=cache, progress=Silent()).total_cycles
        for design in (baseline_of(faster), faster)
    )
    expected = read_totals(PAGE.read_text())[model]
    assert counts == expected, "after a change that is meant, run `cfu bench`"
