"""What devices are sent and what they make of it, on the host's side."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import firmware.mlperf
from firmware.mlperf import (
    MAX_COMMAND_BYTES,
    InputEncoding,
    Scoring,
    Task,
    decode_input,
    encode_input,
    expected_results,
    mlperf_application,
    stimulus_bytes,
)
from firmware.model import Model
from firmware.tflite_reader import parse_model
from firmware.tflite_writer import ModelWriter
from toolchain import PlaygroundError

_SOURCES = Path(firmware.mlperf.__file__).parent
_FLOAT = Task("ad01", InputEncoding.FLOAT, Scoring.RECONSTRUCTION_ERROR)


def _model(
    *,
    dtype: str = "int8",
    inputs: int = 1,
    elements: int = 4,
    results: int | None = None,
    scale: float = 0.5,
    zero_point: int = 3,
) -> Model:
    writer = ModelWriter()
    sources = [
        writer.tensor(f"in{i}", (1, elements), dtype=dtype, scale=scale, zero_point=zero_point)
        for i in range(inputs)
    ]
    shape = (1, elements if results is None else results)
    result = writer.tensor("out", shape, dtype=dtype, scale=scale, zero_point=zero_point)
    operator = "RELU" if inputs == 1 else "ADD"
    writer.layer(operator, tuple(sources), (result,))
    return parse_model(writer.finish(tuple(sources), (result,)), name="net")


@given(st.binary(min_size=4, max_size=4), st.sampled_from(list(InputEncoding)))
def test_the_device_gets_the_tensor_that_was_meant(tensor: bytes, encoding: InputEncoding) -> None:
    model, task = _model(), Task("x", encoding)
    sent = encode_input(task, model, tensor)
    assert len(sent) == stimulus_bytes(task, model)
    assert decode_input(task, model, sent) == tensor


def test_unsigned_bytes_are_128_more() -> None:
    task = Task("ic01", InputEncoding.UNSIGNED)
    tensor = np.array([-128, -1, 0, 127], np.int8).tobytes()
    assert encode_input(task, _model(), tensor) == bytes([0, 127, 128, 255])


def test_floats_are_rounded_away_from_zero_and_kept_in_range() -> None:
    sent = np.array([0.25, -0.25, 1000, -1000], "<f4").tobytes()
    assert decode_input(_FLOAT, _model(), sent) == np.array([4, 2, 127, -128], np.int8).tobytes()


def test_results_are_the_outputs_as_real_values() -> None:
    output = np.array([[3, 4, -128, 127]], np.int8)
    found = expected_results(Task("x"), _model(), stimulus=b"", output=output)
    assert found == (0.0, 0.5, -65.5, 62.0)


def test_a_reconstruction_is_scored_by_its_squared_error() -> None:
    sent = np.array([0, 1, 2, 3], "<f4").tobytes()
    output = np.array([[3, 3, 3, 3]], np.int8)  # all of them are 0
    assert expected_results(_FLOAT, _model(), stimulus=sent, output=output) == (3.5,)


@pytest.mark.parametrize(
    ("task", "model", "message"),
    [
        (Task("x"), _model(inputs=2), "model `net` has 2 inputs, and MLPerf Tiny's protocol"),
        (Task("x"), _model(dtype="int32"), "output `out` of model `net` is int32, which has no"),
        (
            Task("ic01", InputEncoding.UNSIGNED),
            _model(dtype="int16", zero_point=0),
            "model `net` is not one for the task `ic01`, which takes int8, and `in0` is int16",
        ),
        (_FLOAT, _model(results=3), "which compares the output with the input"),
        (
            Task("x", scoring=Scoring.RECONSTRUCTION_ERROR),
            _model(),
            "which compares the output with the input",
        ),
    ],
)
def test_models_that_a_task_has_no_place_for(task: Task, model: Model, message: str) -> None:
    with pytest.raises(PlaygroundError) as caught:
        mlperf_application(model, task)
    assert message in str(caught.value)


def test_the_header_tells_of_the_model() -> None:
    header = mlperf_application(_model(), _FLOAT).headers["mlperf_model.h"]
    assert 'kModelName[] = "ad01";' in header
    assert "kStimulusBytes = 16;" in header
    assert "using InputElement = int8_t;" in header
    assert f"kInputScale = {(0.5).hex()}f;" in header
    assert "kOutputZeroPoint = 3;" in header


def test_names_from_files_stay_names() -> None:
    header = mlperf_application(_model(), Task('a"]\n%z')).headers["mlperf_model.h"]
    assert 'kModelName[] = "a____z";' in header


def test_a_command_is_as_long_as_the_firmware_takes() -> None:
    text = (_SOURCES / "commands.h").read_text()
    found = re.search(r"kMaxCommandBytes = ([0-9]+);", text)
    assert found is not None
    assert int(found[1]) == MAX_COMMAND_BYTES
