"""TensorFlow Lite Micro's interpreter as a judge that cannot bring the playground down."""

from __future__ import annotations

import signal
from pathlib import Path

import numpy as np
import pytest

from firmware import golden_worker
from firmware.golden import Golden, golden_runs, golden_tensors, golden_version
from firmware.tflite_reader import parse_model
from firmware.tflite_writer import ModelWriter
from toolchain import PlaygroundError, ToolFailed


def relu_and_add() -> bytes:
    """Return relu(x) + constant, all at scale 1; tensors: x 0, constant 1, relu 2, sum 3."""
    writer = ModelWriter()
    x = writer.tensor("x", (1, 4), scale=1.0)
    constant = writer.tensor("constant", (1, 4), scale=1.0, data=[[1, 2, 3, 4]])
    positive = writer.tensor("positive", (1, 4), scale=1.0)
    total = writer.tensor("total", (1, 4), scale=1.0)
    writer.layer("RELU", (x,), (positive,))
    writer.layer("ADD", (positive, constant), (total,))
    return writer.finish((x,), (total, positive))


def custom() -> bytes:
    writer = ModelWriter()
    writer.tensor("a", (2,), scale=1.0)
    writer.tensor("b", (2,), scale=1.0)
    writer.layer("CUSTOM:Nobody", (0,), (1,))
    return writer.finish((0,), (1,))


def int8(*values: int) -> np.ndarray:
    return np.array([values], np.int8)


def test_every_tensor_can_be_had() -> None:
    tensors = golden_tensors(relu_and_add(), [int8(-5, 6, -7, 8)], wanted=range(4))
    assert {index: value.tolist() for index, value in tensors.items()} == {
        0: [[-5, 6, -7, 8]],
        1: [[1, 2, 3, 4]],
        2: [[0, 6, 0, 8]],
        3: [[1, 8, 3, 12]],
    }
    assert all(value.dtype == np.int8 for value in tensors.values())


def test_several_inferences_of_one_model() -> None:
    runs = golden_runs(relu_and_add(), [[int8(i, -i, i, -i)] for i in range(5)], wanted=[3])
    assert [run[3].tolist() for run in runs] == [[[1 + i, 2, 3 + i, 4]] for i in range(5)]


def test_several_inputs_and_element_types() -> None:
    writer = ModelWriter()
    a = writer.tensor("a", (3,), dtype="float32")
    b = writer.tensor("b", (3,), scale=0.5, zero_point=1)
    c = writer.tensor("c", (3,), scale=0.5, zero_point=1)
    d = writer.tensor("d", (3,), dtype="float32")
    e = writer.tensor("e", (), dtype="float32")
    f = writer.tensor("f", (), scale=0.5, zero_point=1)
    writer.layer("QUANTIZE", (a,), (c,))
    writer.layer("DEQUANTIZE", (b,), (d,))
    writer.layer("QUANTIZE", (e,), (f,))
    tensors = golden_tensors(
        writer.finish((b, a, e), (c, d, f)),
        [
            np.array([1, 2, 3], np.int8),
            np.array([1.5, -2, 1000], np.float32),
            np.array(3, np.float32),
        ],
        wanted=[c, d, f],
    )
    assert tensors[c].tolist() == [4, -3, 127]
    assert tensors[d].tolist() == [0, 0.5, 1]
    assert (tensors[f].shape, tensors[f].item()) == ((), 7)


@pytest.mark.parametrize(
    ("inputs", "message"),
    [
        ([], "`model` takes 1 inputs, 0 were given"),
        (
            [int8(1, 2, 3)],
            r"input `x` of `model` is int8 of shape \(1, 4\), not int8 of .*\(1, 3\)",
        ),
        ([np.zeros((1, 4), np.uint8)], r"not uint8 of shape \(1, 4\)"),
    ],
)
def test_inputs_that_do_not_fit(inputs: list[np.ndarray], message: str) -> None:
    with pytest.raises(PlaygroundError, match=message):
        golden_tensors(relu_and_add(), inputs, wanted=[3])


def test_a_file_that_is_no_model_never_reaches_the_interpreter() -> None:
    with pytest.raises(PlaygroundError, match=r"not a \.tflite file"):
        golden_tensors(b"nonsense", [], wanted=[])


def test_a_refusal_tells_what_the_interpreter_said() -> None:
    with pytest.raises(ToolFailed, match="cannot run `model`: it says `TFLM failed") as raised:
        golden_tensors(custom(), [np.zeros(2, np.int8)], wanted=[1])
    assert raised.value.details == "Failed to get registration from op code CUSTOM"


def test_the_next_run_works_after_a_refusal() -> None:
    with Golden() as golden:
        for _ in range(2):
            with pytest.raises(ToolFailed):
                golden.run(parse_model(custom(), name="m"), [[np.zeros(2, np.int8)]], wanted=[1])
            model = parse_model(relu_and_add(), name="m")
            (run,) = golden.run(model, [[int8(1, 1, 1, 1)]], wanted=[3])
            assert run[3].tolist() == [[2, 3, 4, 5]]


def worker(text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the judge start this program in place of the real one."""
    path = tmp_path / "worker.py"
    path.write_text(text)
    monkeypatch.setattr(golden_worker, "__file__", str(path))


@pytest.mark.parametrize(
    ("program", "message", "details"),
    [
        (
            "import os, sys; sys.stderr.write('node 3 is bad'); sys.stderr.flush(); os.abort()",
            "it crashed with SIGABRT",
            "node 3 is bad",
        ),
        (
            "import os, signal; os.kill(os.getpid(), signal.SIGSEGV)",
            "it crashed with SIGSEGV",
            None,
        ),
        ("raise SystemExit(3)", "it ended with status 3", None),
        (
            "import sys; sys.stdout.write('short'); sys.stdout.flush()",
            "it ended with status 0",
            None,
        ),
    ],
)
def test_a_crash_is_an_error(
    program: str,
    message: str,
    details: str | None,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    worker(program, tmp_path, monkeypatch)
    with pytest.raises(ToolFailed, match=f"cannot run `model`: {message}") as raised:
        golden_tensors(relu_and_add(), [int8(0, 0, 0, 0)], wanted=[3])
    assert raised.value.details == details
    assert raised.value.exit_code == 2


def test_a_hang_is_an_error_and_leaves_no_process(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    worker("import time; time.sleep(600)", tmp_path, monkeypatch)
    with Golden(timeout_seconds=0.2) as golden:
        process = golden._started()
        with pytest.raises(ToolFailed, match=r"cannot run `m`: it took more than 0\.2 s"):
            golden.run(parse_model(relu_and_add(), name="m"), [[int8(0, 0, 0, 0)]], wanted=[3])
        assert process.poll() == -signal.SIGKILL


def test_closing_ends_the_process() -> None:
    with Golden() as golden:
        golden.run(parse_model(relu_and_add(), name="m"), [[int8(0, 0, 0, 0)]], wanted=[3])
        process = golden._started()
        assert process.poll() is None
    assert process.poll() is not None


def test_a_model_whose_shapes_contradict_each_other() -> None:
    writer = ModelWriter()
    a = writer.tensor("a", (1, 4), scale=1.0)
    b = writer.tensor("b", (1, 1 << 28), scale=1.0)
    writer.layer("RESHAPE", (a,), (b,))
    with pytest.raises(ToolFailed, match="cannot run `model`"):
        golden_tensors(writer.finish((a,), (b,)), [int8(1, 2, 3, 4)], wanted=[b])


def test_a_model_of_absurd_size_is_not_run() -> None:
    writer = ModelWriter()
    a = writer.tensor("a", (1, 4), scale=1.0)
    b = writer.tensor("b", (1 << 15, 1 << 15), scale=1.0)
    writer.layer("RELU", (a,), (b,))
    with pytest.raises(PlaygroundError, match=r"of `model` take 1,073,741,828 bytes together"):
        golden_tensors(writer.finish((a,), (b,)), [int8(1, 2, 3, 4)], wanted=[b])


def test_the_version_is_that_of_the_wheel() -> None:
    assert golden_version().startswith("0.dev")
