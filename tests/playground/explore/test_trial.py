"""Trials: made once, and what is wrong with a design is an outcome."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from types import SimpleNamespace

import pytest

from playground.design import Design
from playground.explore import identity as identity_module
from playground.explore.files import pack
from playground.explore.objectives import Measured
from playground.explore.trial import Failure, Order, evaluate
from playground.resolve import Choices, resolve
from playground.synthesis import HardwareDesign
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


def _failed(status: int | None, details: str) -> ToolFailed:
    error = ToolFailed("clang failed compiling `conv_2d.cc`", details=details)
    error.status = status
    return error


def test_what_does_not_compile_is_kept_with_the_compiler_s_words(
    flow: _Flow, order: Order, tmp_path: Path
) -> None:
    flow.error = _failed(1, "In file included from x.h:1:\n  y.h:3:1: error: no such thing\n")
    cache = ArtifactCache(tmp_path)
    for _ in range(2):
        found = evaluate(order, cache=cache)
        assert isinstance(found, Failure)
        assert found.reason.endswith("`conv_2d.cc`: y.h:3:1: error: no such thing")
        assert found.is_final
    assert len(flow.runs) == 1


@pytest.mark.parametrize(
    ("status", "details"),
    [(-9, ""), (137, ""), (1, "error: No space left on device"), (1, "LLVM ERROR: out of memory")],
)
def test_a_tool_that_had_no_room_or_was_killed_says_nothing_of_the_design(
    flow: _Flow, order: Order, tmp_path: Path, status: int, details: str
) -> None:
    flow.error = _failed(status, details)
    found = evaluate(order, cache=ArtifactCache(tmp_path))
    assert isinstance(found, Failure)
    assert not found.is_final


def test_the_clock_is_that_of_the_cpu_whose_cycles_are_counted(
    flow: _Flow, order: Order, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clocked: list[HardwareDesign] = []

    def synthesize(design: HardwareDesign, **_: object) -> SimpleNamespace:
        clocked.append(design)
        return SimpleNamespace(fmax_hz=10e6)

    monkeypatch.setattr("playground.explore.trial.synthesize_design", synthesize)
    order = dataclasses.replace(order, fpga="icebreaker", needs_clock=True)
    evaluate(order, cache=ArtifactCache(tmp_path))
    assert [(d.board, d.cpu) for d in clocked] == [("icebreaker", "full")]  # of board `sim`


def test_an_order_is_of_all_that_decides_its_outcome(order: Order) -> None:
    other = dataclasses.replace(order, compiler_version="12.2.0")
    assert other.digest != order.digest
    root = Path(identity_module.__file__).parents[2]
    packages = {path.parent.name for path in root.glob("*/__init__.py")} - {"tests"}
    assert set(identity_module._FOLDERS) == packages


def test_another_version_of_a_compiler_makes_no_trial(
    flow: _Flow, order: Order, tmp_path: Path
) -> None:
    found = evaluate(
        dataclasses.replace(order, compiler_version="1.2.3"), cache=ArtifactCache(tmp_path)
    )
    assert isinstance(found, Failure)
    assert not found.is_final
    assert "1.2.3 where the search began" in found.reason
    assert flow.runs == []


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
