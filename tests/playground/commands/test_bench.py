from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from playground.benchmarks import read_totals
from playground.catalog import catalog_names
from playground.models.fetch import REMOTE_MODELS
from profiles import ModelIdentity, Profile
from tests.playground.conftest import FakeFlow, Ran
from toolchain import ArtifactCache

Cfu = Callable[..., Ran]


@pytest.fixture
def models(monkeypatch: pytest.MonkeyPatch, flow: FakeFlow) -> tuple[str, ...]:
    """Let the models be fetched, and each profile be of the model it was asked for."""
    fetched: dict[str, Path] = {}

    def fetch(cache: ArtifactCache) -> Mapping[str, Path]:
        fetched.update({model.name: Path(f"{model.name}.tflite") for model in REMOTE_MODELS})
        return fetched

    def find(cache: ArtifactCache, name: str) -> Path | None:
        return fetched.get(name)

    def name_model(profile: Profile) -> Profile:
        name = flow.designs[-1].model.stem
        return profile.model_copy(update={"model": ModelIdentity(name=name, digest="ab" * 32)})

    monkeypatch.setattr("playground.models.fetch.fetch_models", fetch)
    monkeypatch.setattr("playground.catalog.fetched_model", find)
    flow.change = name_model
    return catalog_names()


def test_the_page_has_every_model(cfu: Cfu, models: tuple[str, ...]) -> None:
    ran = cfu("bench")
    assert ran.code == 0, ran.err
    assert read_totals(ran.out) == dict.fromkeys(models, (8_700_000, 942_000))
    assert "From an edited kernel to the new profile of `kws01`: 0.0 s of wall time" in ran.out
    assert ran.out.count("From an edited kernel") == 1


def test_the_edited_kernel_is_a_copy(cfu: Cfu, flow: FakeFlow, models: tuple[str, ...]) -> None:
    cfu("bench")
    kernels = {design.kernels for design in flow.designs if design.kernels is not None}
    assert len(kernels) == 2
    assert sum(path.is_dir() for path in kernels) == 1


def test_writing_the_page(cfu: Cfu, models: tuple[str, ...]) -> None:
    ran = cfu("bench", "--write", "page.md", "--json")
    assert [each["model"] for each in json.loads(ran.out)] == list(models)
    assert Path("page.md").read_text().startswith("# Benchmarks\n")


def test_where_the_page_cannot_go_is_known_before_anything_runs(cfu: Cfu, flow: FakeFlow) -> None:
    ran = cfu("bench", "--write", "absent/page.md")
    assert ran.code == 1
    assert ran.err.startswith("error: cannot write `absent/page.md`: there is no directory")
    assert not flow.designs
