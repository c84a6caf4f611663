"""Examples from files and from data sets of the benchmark."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from firmware.mlperf import InputEncoding, Scoring, Task
from playground.mlperf.stimuli import Stimulus, evenly, read_dataset, stimuli_of_inputs
from tests.sim.bench import relu_model
from toolchain import PlaygroundError

_MODEL = relu_model(elements=8)
_TENSOR = Task("relus")
_UNSIGNED = Task("ic01", InputEncoding.UNSIGNED)
_FLOAT = Task("ad01", InputEncoding.FLOAT, Scoring.RECONSTRUCTION_ERROR)


def test_each_tensor_of_a_file_is_an_example(tmp_path: Path) -> None:
    (tmp_path / "two.dat").write_bytes(bytes(16))
    (tmp_path / "one.dat").write_bytes(b"\x01" * 8)
    files = [tmp_path / "two.dat", tmp_path / "one.dat"]
    found = stimuli_of_inputs(_MODEL, _UNSIGNED, files, labels=[4, 5, 6])
    assert found == (
        Stimulus("two.dat #1", (b"\x80" * 8,), 4),
        Stimulus("two.dat #2", (b"\x80" * 8,), 5),
        Stimulus("one.dat", (b"\x81" * 8,), 6),
    )


def test_tensors_of_a_sound_are_its_windows(tmp_path: Path) -> None:
    (tmp_path / "sound.dat").write_bytes(bytes([2] * 8 + [4] * 8))
    (found,) = stimuli_of_inputs(_MODEL, _FLOAT, [tmp_path / "sound.dat"], labels=[1])
    assert found.label == 1
    windows = [np.frombuffer(window, "<f4").tolist() for window in found.windows]
    assert windows == [[1.0] * 8, [2.0] * 8]  # the model's scale is a half


def test_without_files_there_is_something_to_send() -> None:
    (found,) = stimuli_of_inputs(_MODEL, _TENSOR, [])
    assert found.name == "random, seed 1"
    assert [len(window) for window in found.windows] == [8]


def test_labels_must_be_as_many_as_examples(tmp_path: Path) -> None:
    (tmp_path / "two.dat").write_bytes(bytes(16))
    with pytest.raises(PlaygroundError, match="there are 1 labels for 2 examples"):
        stimuli_of_inputs(_MODEL, _TENSOR, [tmp_path / "two.dat"], labels=[0])


def _dataset(directory: Path, rows: str, **files: bytes) -> Path:
    (directory / "y_labels.csv").write_text(rows)
    for name, data in files.items():
        (directory / name).write_bytes(data)
    return directory


def test_a_data_set_of_images(tmp_path: Path) -> None:
    directory = _dataset(tmp_path, "a,10,3\n\nb,10,7\n", a=bytes(range(8)), b=bytes(8))
    assert read_dataset(_MODEL, _UNSIGNED, directory) == (
        Stimulus("a", (bytes(range(8)),), 3),
        Stimulus("b", (bytes(8),), 7),
    )


def test_a_data_set_of_sounds_has_sliding_windows(tmp_path: Path) -> None:
    data = np.arange(12, dtype="<f4").tobytes()
    directory = _dataset(tmp_path, "a,2,1,32,8\n", a=data)
    (found,) = read_dataset(_MODEL, _FLOAT, directory)
    firsts = [np.frombuffer(window, "<f4")[0] for window in found.windows]
    assert firsts == [0.0, 2.0, 4.0]


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ("", "is empty"),
        ("a\n", "line 1 of "),
        ("a,10,cat\n", "is `a,10,cat`"),
        ("a,10,1,5\n", "is `a,10,1,5`"),
        ("a,10,1\nmissing,10,1\n", "missing`, which cannot be read: No such file"),
        ("short,10,1\n", "has 7 bytes"),
        ("a,10,1,4,4\n", "has 8 bytes, in windows of 4"),
        ("a,10,1,8,0\n", "is `a,10,1,8,0`"),
        ("a,10,1,16,1\n", "has 8 bytes, in windows of 16"),
    ],
)
def test_data_sets_that_make_no_sense(rows: str, message: str, tmp_path: Path) -> None:
    directory = _dataset(tmp_path, rows, a=bytes(8), short=bytes(7))
    with pytest.raises(PlaygroundError) as caught:
        read_dataset(_MODEL, _TENSOR, directory)
    assert message in str(caught.value)


def test_a_directory_that_is_no_data_set(tmp_path: Path) -> None:
    with pytest.raises(PlaygroundError, match=r"cannot read the data set's `.*y_labels\.csv`"):
        read_dataset(_MODEL, _TENSOR, tmp_path)


def test_a_part_is_spread_over_all() -> None:
    stimuli = [Stimulus(str(n), (b"",)) for n in range(10)]
    assert [s.name for s in evenly(stimuli, 4)] == ["0", "2", "5", "7"]
    assert len(evenly(stimuli, 99)) == 10
