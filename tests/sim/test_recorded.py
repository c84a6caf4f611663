from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pytest

from firmware.image import FirmwareImage
from firmware.protocol import LayerRecord
from sim.cycle_split import Cause, Event, LayerSplit
from sim.recorded import RecordedSimulator
from sim.simulator import (
    InferenceResult,
    Progress,
    RunRequest,
    RunResult,
    Simulator,
    TensorSnapshot,
)
from tests.sim.bench import Bench, relu_model
from toolchain import ArtifactCache, PlaygroundError

_RESULT = RunResult(
    inferences=(
        InferenceResult(
            layers=(LayerRecord(1 << 40, 3, overridden=True), LayerRecord(9, 8, overridden=False)),
            snapshots={0: (TensorSnapshot(4, b"ab"), TensorSnapshot(5, b"")), 1: ()},
            splits=(
                LayerSplit(
                    cycles=dict.fromkeys(Cause, 3),
                    events=dict.fromkeys(Event, 1 << 40),
                    cfu={1023: 7},
                    functions={"": {}, "f": {Cause.CFU: 5}},
                ),
            ),
        ),
        InferenceResult(layers=(), snapshots={1: (TensorSnapshot(6, bytes(range(256))),)}),
    ),
    simulated_cycles=12,
    simulated_instructions=7,
    wall_seconds=0.25,
    text="printed ✓\n",
)


@dataclass
class _Counting:
    """Stands in for a simulator; counts how often it is asked."""

    identity: str = "hardware"
    error: PlaygroundError | None = None
    name: str = "counting"
    provenance: str = "rtl"
    version: str = "1"
    runs: list[RunRequest] = field(default_factory=list)

    def run(
        self, image: FirmwareImage, request: RunRequest, *, progress: Progress | None = None
    ) -> RunResult:
        self.runs.append(request)
        if self.error is not None:
            raise self.error
        return _RESULT


@pytest.fixture(scope="module")
def image(bench: Bench) -> FirmwareImage:
    return bench.image(relu_model(2))


def _request(value: int = 0) -> RunRequest:
    return RunRequest(inferences=[[bytes([value] * 8)]], max_cycles=1000)


def test_a_run_is_simulated_once_and_read_back_alike(image: FirmwareImage, tmp_path: Path) -> None:
    counting = _Counting()
    recorded: Simulator = RecordedSimulator(counting, ArtifactCache(tmp_path))
    first, second = (recorded.run(image, _request()) for _ in range(2))
    assert len(counting.runs) == 1
    assert (first.recorded, second.recorded) == (False, True)
    assert replace(second, recorded=False) == first
    described = replace(
        _RESULT,
        inferences=(
            # A layer without outputs has nothing to record.
            replace(_RESULT.inferences[0], snapshots={0: _RESULT.inferences[0].snapshots[0]}),
            _RESULT.inferences[1],
        ),
    )
    assert first == described


def test_other_inputs_hardware_or_waveforms_are_simulated(
    image: FirmwareImage, tmp_path: Path
) -> None:
    cache = ArtifactCache(tmp_path)
    counting = _Counting()
    for _ in range(2):
        RecordedSimulator(counting, cache).run(image, _request(1))
        RecordedSimulator(counting, cache).run(image, _request(2))
        traced = replace(_request(1), trace=tmp_path / "x.fst")
        RecordedSimulator(counting, cache).run(image, traced)
    assert len(counting.runs) == 4, "two inputs once, the waveform twice"
    RecordedSimulator(replace(counting, identity="other hardware"), cache).run(image, _request(1))
    assert len(counting.runs) == 5


def test_a_record_without_reasons_is_not_for_who_asks_why(
    image: FirmwareImage, tmp_path: Path
) -> None:
    counting = _Counting()
    recorded = RecordedSimulator(counting, ArtifactCache(tmp_path))
    for why in (False, True, True):
        recorded.run(image, replace(_request(), why=why))
    assert [request.why for request in counting.runs] == [False, True]


def test_a_failed_run_is_not_recorded(image: FirmwareImage, tmp_path: Path) -> None:
    counting = _Counting(error=PlaygroundError("it trapped"))
    recorded = RecordedSimulator(counting, ArtifactCache(tmp_path))
    for _ in range(2):
        with pytest.raises(PlaygroundError, match="it trapped"):
            recorded.run(image, _request())
    assert len(counting.runs) == 2


@pytest.mark.parametrize("why", [False, True])
def test_a_real_run_is_recorded_exactly(bench: Bench, why: bool, tmp_path: Path) -> None:
    values = np.arange(8, dtype=np.int8).reshape(1, 8)
    plain = bench.run(relu_model(2), [values], why=why)
    assert (plain.inferences[0].splits is not None) == why
    cache = ArtifactCache(tmp_path)
    runs = [bench.run(relu_model(2), [values], records=cache, why=why) for _ in range(2)]
    assert [run.recorded for run in runs] == [False, True]
    for run in runs:
        assert run.inferences == plain.inferences
        assert run.simulated_cycles == plain.simulated_cycles
