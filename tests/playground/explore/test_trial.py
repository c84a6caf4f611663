"""Trials: made once, and what is wrong with a design is an outcome."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from playground.design import Design
from playground.explore.files import pack
from playground.explore.objectives import Measured
from playground.explore.trial import Failure, Order, evaluate
from playground.resolve import Choices, resolve
from profiles import Profile
from soc.synthesis.estimate import Area
from tests.profiles.examples import example_profile
from toolchain import ArtifactCache, CacheError, PlaygroundError, ToolFailed


class _Flow:
    """A flow that runs nothing, or raises what it is given."""

    def __init__(self) -> None:
        self.runs: list[Design] = []
        self.error: PlaygroundError | None = None

    def __call__(self, design: Design, **_: object) -> Profile:
        self.runs.append(design)
        if self.error is not None:
            raise self.error
        return example_profile()


@pytest.fixture(name="flow")
def _flow(monkeypatch: pytest.MonkeyPatch) -> _Flow:
    flow = _Flow()
    monkeypatch.setattr("playground.explore.trial.run_design", flow)
    monkeypatch.setattr("playground.explore.trial._area", lambda *_: Area(3_000, 4, 5))
    return flow


@pytest.fixture(name="order")
def _order() -> Order:
    design = resolve(Choices(Path("/"), model="digits_cnn", cfu="mac4"), project=None)
    return Order(pack(design), fpga="ulx3s")


def test_a_design_is_run_once(flow: _Flow, order: Order, tmp_path: Path) -> None:
    cache = ArtifactCache(tmp_path)
    found = evaluate(order, cache=cache)
    assert isinstance(found, Measured)
    assert found.cycles == example_profile().total_cycles
    assert (found.cells, found.dsp, found.ram) == (3_000, 4, 5)
    assert evaluate(order, cache=cache) == found
    assert len(flow.runs) == 1
    evaluate(dataclasses.replace(order, fpga="fomu"), cache=cache)
    assert len(flow.runs) == 2


def test_a_fault_of_the_design_is_kept(flow: _Flow, order: Order, tmp_path: Path) -> None:
    flow.error = PlaygroundError("the program does not fit", hint="take a smaller one")
    cache = ArtifactCache(tmp_path)
    for _ in range(2):
        assert evaluate(order, cache=cache) == Failure(
            "the program does not fit", "take a smaller one"
        )
    assert len(flow.runs) == 1


@pytest.mark.parametrize(
    "error", [ToolFailed("yosys was killed"), CacheError("the artifact store cannot be reached")]
)
def test_a_fault_of_the_machine_is_not_kept(
    flow: _Flow, order: Order, tmp_path: Path, error: PlaygroundError
) -> None:
    flow.error = error
    cache = ArtifactCache(tmp_path)
    assert evaluate(order, cache=cache) == Failure(error.message, is_final=False)
    flow.error = None
    assert isinstance(evaluate(order, cache=cache), Measured)
