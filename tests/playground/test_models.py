"""The shipped models are what they are named for."""

from __future__ import annotations

import random
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from firmware.golden import golden_runs
from firmware.model import Model
from firmware.tflite_reader import parse_model, read_model
from playground.models import ShippedModel, find_model, shipped_models
from playground.models.generate_ds_cnn import main as generate_ds_cnn
from toolchain import PlaygroundError

NAMES = ("ds_cnn_seeded", "digits_cnn")


def tensors_of(model: Model, files: tuple[Path, ...]) -> npt.NDArray[np.int8]:
    """Return all inputs in raw files: (count, *shape of the input)."""
    shape = model.tensors[model.inputs[0]].shape
    return np.concatenate([np.fromfile(file, np.int8).reshape(-1, *shape) for file in files])


def classes(model: Model, inputs: npt.NDArray[np.int8]) -> list[int]:
    (output,) = model.outputs
    runs = golden_runs(model.content, [[value] for value in inputs], wanted=[output])
    return [int(run[output].argmax()) for run in runs]


def test_models_are_found_by_name() -> None:
    assert tuple(model.name for model in shipped_models()) == NAMES
    assert [find_model(name) for name in NAMES] == list(shipped_models())
    with pytest.raises(PlaygroundError, match="there is no shipped model `kws`") as raised:
        find_model("kws")
    assert raised.value.hint == "shipped are ds_cnn_seeded, digits_cnn"


def test_what_is_shipped_is_small() -> None:
    folder = shipped_models()[0].path.parent
    files = [path for path in folder.iterdir() if path.suffix in (".dat", ".tflite")]
    assert sum(path.stat().st_size for path in files) < 100_000


@pytest.mark.parametrize("shipped", shipped_models(), ids=lambda shipped: shipped.name)
def test_inputs_and_labels_fit(shipped: ShippedModel) -> None:
    model = read_model(shipped.path)
    assert model.name == shipped.name
    assert len(tensors_of(model, shipped.inputs)) == (len(shipped.labels) or 1)
    (output,) = model.outputs
    assert all(0 <= label < model.tensors[output].shape[-1] for label in shipped.test_labels)


@pytest.mark.parametrize("shipped", shipped_models(), ids=lambda shipped: shipped.name)
def test_damaged_models_are_read_or_refused(shipped: ShippedModel) -> None:
    content = shipped.path.read_bytes()
    rng = random.Random(5)
    refused = 0
    for _ in range(300):
        variant = bytearray(content)
        variant[rng.randrange(len(variant))] ^= 1 << rng.randrange(8)
        cut = rng.choice((len(variant), rng.randrange(len(variant))))
        try:
            parse_model(bytes(variant[:cut]), name="damaged")
        except PlaygroundError:
            refused += 1
    assert 100 < refused < 300


def test_ds_cnn_has_the_layers_of_the_benchmark() -> None:
    model = read_model(find_model("ds_cnn_seeded").path)
    shapes = [(layer.operator, model.tensors[layer.outputs[0]].shape) for layer in model.layers]
    block = [("DEPTHWISE_CONV_2D", (1, 25, 5, 64)), ("CONV_2D", (1, 25, 5, 64))]
    assert shapes == [
        ("CONV_2D", (1, 25, 5, 64)),
        *block * 4,
        ("AVERAGE_POOL_2D", (1, 1, 1, 64)),
        ("RESHAPE", (1, 64)),
        ("FULLY_CONNECTED", (1, 12)),
        ("SOFTMAX", (1, 12)),
    ]
    assert model.tensors[model.inputs[0]].shape == (1, 49, 10, 1)
    assert [model.tensors[layer.inputs[1]].shape for layer in model.layers[:3]] == [
        (64, 10, 4, 1),
        (1, 3, 3, 64),
        (64, 1, 1, 64),
    ]


def test_ds_cnn_is_generated_byte_for_byte(tmp_path: Path) -> None:
    shipped = find_model("ds_cnn_seeded")
    generate_ds_cnn(tmp_path)
    for path in (shipped.path, *shipped.inputs):
        assert (tmp_path / path.name).read_bytes() == path.read_bytes()


def test_activations_of_ds_cnn_are_alive() -> None:
    shipped = find_model("ds_cnn_seeded")
    model = read_model(shipped.path)
    wanted = [layer.outputs[0] for layer in model.layers]
    inputs = tensors_of(model, shipped.inputs)
    (run,) = golden_runs(model.content, [list(inputs)], wanted=wanted)
    for layer in model.layers[:9]:
        values = run[layer.outputs[0]]
        assert np.mean(values == -128) < 0.7, layer  # of a ReLU's output about half is zero
        assert np.mean(values == 127) < 0.01, layer
        assert len(np.unique(values)) > 100, layer
    assert len(np.unique(run[wanted[-1]])) > 6


def test_digits_are_read() -> None:
    shipped = find_model("digits_cnn")
    model = read_model(shipped.path)
    found = np.array(classes(model, tensors_of(model, shipped.test_inputs)))
    assert len(found) == len(shipped.test_labels) == 360
    assert np.mean(found == shipped.test_labels) > 0.97
    sample = classes(model, tensors_of(model, shipped.inputs))
    assert np.mean(np.array(sample) == shipped.labels) >= 0.95


def test_digits_are_all_there() -> None:
    assert set(find_model("digits_cnn").test_labels) == set(range(10))
