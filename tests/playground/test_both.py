"""Two simulators of one design: that they agree is told, that they differ is an error of ours."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from firmware.tflite_writer import ModelWriter
from playground.both import SimulatorsDiffer, run_both
from playground.design import Design
from playground.flow import simulate_design
from playground.progress import Progress, Silent
from playground.run_profile import Ran
from profiles import Profile, Provenance, Simulator
from sim.diagnosis import FaultFound, RunFailed
from sim.simulator import RunResult
from sim.verilator import VerilatorSimulator
from toolchain import ArtifactCache


@dataclass
class _StandIn:
    """Simulates everything on the RTL, and changes what the fast simulator is asked for.

    Attributes
    ----------
    errors
        Raised in place of a result, by simulator.
    """

    change: Callable[[RunResult], RunResult]
    errors: dict[str | None, RunFailed]

    def __call__(self, design: Design, *, cache: ArtifactCache, progress: Progress) -> Ran:
        if design.simulator in self.errors:
            raise self.errors[design.simulator]
        rtl = replace(design, simulator="verilator")
        ran = simulate_design(rtl, cache=cache, progress=progress)
        if design.simulator == "verilator":
            return ran
        assert design.simulator == "fast"
        recorded = ran.simulator
        fast = VerilatorSimulator(
            soc=recorded.simulator.soc,  # type: ignore[attr-defined]
            spec=ran.built.cfu.spec,
            name="fast",
            provenance="fast",
        )
        return replace(ran, simulator=fast, result=self.change(ran.result))


@pytest.fixture
def stand_in(monkeypatch: pytest.MonkeyPatch) -> _StandIn:
    stand_in = _StandIn(lambda result: result, {})
    monkeypatch.setattr("playground.both.simulate_design", stand_in)
    return stand_in


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """Two RELUs in a row."""
    writer = ModelWriter()
    tensors = [writer.tensor(f"t{i}", (1, 4), scale=1.0) for i in range(3)]
    for i in range(2):
        writer.layer("RELU", (tensors[i],), (tensors[i + 1],))
    path = tmp_path / "two.tflite"
    path.write_bytes(writer.finish((tensors[0],), (tensors[2],)))
    return path


def _both(model: Path) -> Profile:
    design = Design(model=model, simulator="board")  # whatever it names
    return run_both(design, cache=ArtifactCache.default(), progress=Silent())


def _one_more(result: RunResult) -> RunResult:
    """Count a cycle more in layer 1."""
    (inference,) = result.inferences
    first, second = inference.layers
    layers = (first, replace(second, cycles=second.cycles + 1))
    return replace(result, inferences=(replace(inference, layers=layers),))


def test_simulators_that_agree(stand_in: _StandIn, model: Path) -> None:
    profile = _both(model)
    assert profile.sources.cycles is Provenance.RTL
    assert profile.simulator.name == "verilator"
    assert profile.confirmed_by == Simulator(name="fast", version=profile.simulator.version)


def test_a_layer_that_differs(stand_in: _StandIn, model: Path) -> None:
    stand_in.change = _one_more
    with pytest.raises(SimulatorsDiffer) as caught:
        _both(model)
    assert caught.value.message.startswith(
        "the simulators differ in 1 of 2 layers of `two`, first in layer 1 RELU: cycles "
    )
    assert caught.value.message.endswith(" by `verilator`")
    assert (caught.value.details or "").startswith("layer 1 RELU: cycles ")
    assert "fault of the playground's" in (caught.value.hint or "")
    assert caught.value.exit_code == 70


def test_a_difference_outside_the_layers(stand_in: _StandIn, model: Path) -> None:
    stand_in.change = lambda result: replace(result, simulated_cycles=7)
    with pytest.raises(
        SimulatorsDiffer, match="the simulators differ in `two` outside its layers: cycles 7 by"
    ):
        _both(model)


@pytest.mark.parametrize("name", ["fast", "verilator"])
def test_one_that_does_not_come_to_its_end(stand_in: _StandIn, model: Path, name: str) -> None:
    stand_in.errors[name] = RunFailed("the firmware gave up")
    with pytest.raises(SimulatorsDiffer) as caught:
        _both(model)
    assert f"by `{name}` the firmware gave up" in caught.value.message
    assert "it ends well" in caught.value.message


def test_a_design_that_fails_on_both(stand_in: _StandIn, model: Path) -> None:
    errors = {"fast": RunFailed("here"), "verilator": RunFailed("there")}
    stand_in.errors.update(errors)
    with pytest.raises(RunFailed) as caught:
        _both(model)
    assert caught.value is errors["verilator"]


def test_a_fault_is_the_design_s(stand_in: _StandIn, model: Path) -> None:
    stand_in.errors["fast"] = FaultFound("stored to where no memory is")
    with pytest.raises(FaultFound):
        _both(model)
