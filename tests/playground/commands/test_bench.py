from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pytest

from playground.benchmarks import read_totals
from playground.catalog import CatalogModel, catalog_names
from playground.ladder import Ladder
from playground.ladder_page import read_ladder
from playground.models.fetch import REMOTE_MODELS
from profiles import ModelIdentity, Profile
from tests.playground.conftest import FakeFlow, Ran
from tests.playground.examples import example_ladder
from toolchain import ArtifactCache

Cfu = Callable[..., Ran]


@pytest.fixture
def models(monkeypatch: pytest.MonkeyPatch, flow: FakeFlow) -> tuple[str, ...]:
    """Let the models be fetched, and each profile be of the model it was asked for."""
    fetched: dict[str, Path] = {}

    def fetch(cache: ArtifactCache, names: Sequence[str] | None = None) -> Mapping[str, Path]:
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


def test_the_ladder_of_some_models(
    cfu: Cfu, models: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[list[str]] = []

    def measure(chosen: Sequence[CatalogModel], *_: object, **__: object) -> Ladder:
        asked.append([model.name for model in chosen])
        return example_ladder()

    monkeypatch.setattr("playground.ladder.measure_ladder", measure)
    ran = cfu("bench", "ladder", "--models", "ad01,digits_cnn", "--write", "page.md", "--json")
    assert ran.code == 0, ran.err
    assert asked == [["digits_cnn", "ad01"]]
    assert json.loads(ran.out)["models"] == dict(example_ladder().models)
    assert read_ladder(Path("page.md").read_text())["large", "kws01"] == 1_700_000


def test_models_of_the_ladder_are_checked_first(cfu: Cfu, flow: FakeFlow) -> None:
    ran = cfu("bench", "ladder", "--models", "digits_cn")
    assert ran.code == 1
    assert ran.err.startswith("error: there is no model `digits_cn`\n\nhint: did you mean")
    ran = cfu("bench", "synth", "--models", "digits_cnn")
    assert ran.err.startswith("error: `--models` with `cfu bench synth`, which measures all")


def test_the_pages_count_on_the_rtl(cfu: Cfu, flow: FakeFlow, models: tuple[str, ...]) -> None:
    cfu("bench")
    # But for the run after an edit, which is a user's.
    assert [design.simulator for design in flow.designs].count(None) == 1
    assert {design.simulator for design in flow.designs} == {"verilator", None}


def test_simulators_on_some_models_and_cfus(
    cfu: Cfu, flow: FakeFlow, models: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("playground.simulators_bench.run_design", flow)
    chosen = ("--models", "ad01,digits_cnn", "--cfus", "none,mac4")
    ran = cfu("bench", "sim", *chosen, "--write", "page.md", "--json")
    assert ran.code == 0, ran.err
    rows = [(each["model"], each["cfu"]) for each in json.loads(ran.out)]
    assert rows == [(m, c) for m in ("digits_cnn", "ad01") for c in ("none", "mac4")]
    assert [design.simulator for design in flow.designs] == ["fast", "verilator"] * 4
    assert all(design.fresh for design in flow.designs)
    command = "`cfu bench sim --models ad01,digits_cnn --cfus none,mac4 --write docs/simulators.md`"
    assert f"Written by {command}; do not edit" in Path("page.md").read_text()


def test_cfus_are_checked_first(cfu: Cfu, flow: FakeFlow, monkeypatch: pytest.MonkeyPatch) -> None:
    ran = cfu("bench", "sim", "--cfus", "none,mac5")
    assert ran.code == 1
    assert ran.err.startswith("error: there is no CFU `mac5`\n\nhint: did you mean `mac4`?")
    monkeypatch.setattr("playground.simulators_bench.fast_refusal", lambda *_: "it is too large")
    ran = cfu("bench", "sim", "--cfus", "array")
    assert ran.err.startswith("error: there is nothing to compare of `array`: it is too large")
    ran = cfu("bench", "ladder", "--cfus", "mac4")
    assert ran.err.startswith("error: `--cfus` with `cfu bench ladder`, which measures all")
