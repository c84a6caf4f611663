from __future__ import annotations

from dataclasses import replace

import pytest

from firmware.protocol import LayerRecord
from sim.agreement import Disagreement, disagreements
from sim.simulator import InferenceResult, RunResult, TensorSnapshot


def _inference(**changes: object) -> InferenceResult:
    record = LayerRecord(cycles=1200, instructions=700, overridden=False)
    fields: dict[str, object] = {"layers": (record, record)}
    snapshots = {0: (TensorSnapshot(1, b"abcd"),), 1: (TensorSnapshot(2, b""),)}
    return InferenceResult(**{"snapshots": snapshots, **fields, **changes})  # type: ignore[arg-type]


def _run(*inferences: InferenceResult, cycles: int = 9_000) -> RunResult:
    return RunResult(inferences, simulated_cycles=cycles, wall_seconds=1.0, text="")


def test_runs_that_are_alike() -> None:
    slow = replace(_run(_inference()), wall_seconds=99.0, simulated_instructions=3)
    assert disagreements(_run(_inference()), slow) == ()


@pytest.mark.parametrize(
    ("record", "expected"),
    [
        (LayerRecord(1201, 700, overridden=False), ("cycles", "1,201", "1,200")),
        (LayerRecord(1200, 7000, overridden=False), ("instructions", "7,000", "700")),
        (LayerRecord(1200, 700, overridden=True), ("overridden", "True", "False")),
    ],
)
def test_a_layer_s_record(record: LayerRecord, expected: tuple[str, str, str]) -> None:
    other = _inference(layers=(_inference().layers[0], record))
    found = disagreements(_run(_inference(), other), _run(_inference(), _inference()))
    assert found == (Disagreement(1, 1, *expected),)


def test_a_layer_s_outputs() -> None:
    other = _inference(snapshots={0: (TensorSnapshot(1, b"abCD"),), 1: (TensorSnapshot(2, b""),)})
    (found,) = disagreements(_run(_inference()), _run(other))
    assert (found.layer, found.what) == (0, "outputs")
    assert (found.one, found.other) == (
        "0x63 at byte 2 of tensor 1",
        "0x43 at byte 2 of tensor 1",
    )


def test_cycles_outside_the_layers() -> None:
    found = disagreements(_run(_inference()), _run(_inference(), cycles=9_001))
    assert found == (Disagreement(0, None, "cycles", "9,000", "9,001"),)
