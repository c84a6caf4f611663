"""Which task a model is for."""

from __future__ import annotations

from dataclasses import replace

import pytest

from firmware.mlperf import InputEncoding, Scoring, Task
from firmware.tflite_reader import read_model
from playground.mlperf.tasks import task_of
from tests.reference_models import REFERENCE_MODELS, reference_model
from tests.sim.bench import relu_model


@pytest.mark.parametrize("name", REFERENCE_MODELS)
def test_the_benchmark_s_models_are_known_by_content(name: str) -> None:
    model = read_model(reference_model(name))
    assert model.name != name
    task = task_of(model)
    assert task.model_id == name
    task.check(model)


@pytest.mark.parametrize(
    ("name", "encoding", "scoring"),
    [
        ("kws01", InputEncoding.TENSOR, Scoring.OUTPUTS),
        ("vww01", InputEncoding.UNSIGNED, Scoring.OUTPUTS),
        ("ic01", InputEncoding.UNSIGNED, Scoring.OUTPUTS),
        ("ad01", InputEncoding.FLOAT, Scoring.RECONSTRUCTION_ERROR),
    ],
)
def test_other_models_are_known_by_name(
    name: str, encoding: InputEncoding, scoring: Scoring
) -> None:
    assert task_of(replace(relu_model(), name=name)) == Task(name, encoding, scoring)


def test_any_other_model_is_its_own_task() -> None:
    assert task_of(relu_model()) == Task("relus")
