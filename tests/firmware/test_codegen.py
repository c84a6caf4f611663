from __future__ import annotations

import re

import numpy as np
import pytest

from firmware.arena import plan_arena
from firmware.codegen import GeneratedModel, generate
from firmware.host import run_on_host
from firmware.model import Model
from firmware.operators import prepare, supported_operators
from firmware.random_layers import random_layers
from firmware.tflite_reader import parse_model
from firmware.tflite_writer import ModelWriter


def generated(model: Model, overrides: tuple[str, ...] = ()) -> GeneratedModel:
    prepared = [prepare(model, layer) for layer in model.layers]
    arena = plan_arena(model, {layer.index: layer.scratch_bytes for layer in prepared})
    return generate(model, arena, prepared, overrides)


def copies(name: str) -> Model:
    """Return a model that copies its input twice, all of whose names are `name`."""
    writer = ModelWriter()
    tensors = [writer.tensor(name, shape, scale=0.5) for shape in ((2, 3), (6,), (3, 2))]
    writer.layer("RESHAPE", [tensors[0]], [tensors[1]])
    writer.layer("RESHAPE", [tensors[1]], [tensors[2]])
    return parse_model(writer.finish([tensors[0]], [tensors[2]]), name=name or "m")


@pytest.mark.parametrize("operator", supported_operators())
def test_same_model_gives_the_same_code(operator: str) -> None:
    first, second = (generated(random_layers(operator, 5, seed=2).model) for _ in range(2))
    assert first == second
    assert first.kernels
    assert all(f'#include "playground/{name}.h"' in first.model_cc for name in first.kernels)


@pytest.mark.parametrize("name", ["conv", "a/b;c:0"])
def test_names_are_comments(name: str) -> None:
    assert f"// in : int8 2x3 `{name}`" in generated(copies(name)).model_cc


@pytest.mark.parametrize(
    "name",
    [
        "x\n#error injected\n",
        "x\r#error injected\r",
        "x\\\n#error",
        "x\\",
        "x??/",
        "*/ #error /*",
        '"; abort(); "',
        "\u2028#error",
        "\N{RIGHT-TO-LEFT OVERRIDE}x",
        "\x00\x1b[31m",
        "y" * 5000,
        "",
    ],
)
def test_no_name_gets_out_of_its_comment(name: str) -> None:
    model = copies(name)
    source = generated(model).model_cc
    assert source.isascii()
    assert all(letter.isprintable() or letter == "\n" for letter in source)
    assert "\\" not in source
    assert "??" not in source
    assert max(map(len, source.splitlines())) < 200
    # Without its comments it is the source of the same model with any other name.
    plain = [re.sub(r"//.*", "", text) for text in (source, generated(copies("n")).model_cc)]
    assert plain[0] == plain[1]
    value = np.arange(6, dtype=np.int8).reshape(2, 3)
    np.testing.assert_array_equal(run_on_host(model, [value])[1][0], value.reshape(3, 2))


def test_constants_are_aligned_and_shared() -> None:
    model = random_layers("CONV_2D", 30, seed=3).model
    result = generated(model)
    offsets = {
        int(found) for found in re.findall(r"playground_constants \+ (\d+)", result.model_cc)
    }
    assert offsets
    assert all(offset % 16 == 0 for offset in offsets)
    assert max(offsets) < len(result.constants)
    for tensor in model.tensors:
        if tensor.data is not None:
            assert tensor.data in result.constants
    two = ModelWriter()
    inputs = [two.tensor("in", (1, 4), scale=0.5) for _ in range(2)]
    outputs = [two.tensor("out", (1, 5), scale=0.5) for _ in range(2)]
    for source, target in zip(inputs, outputs, strict=True):
        weights = two.tensor("w", (5, 4), scale=0.5, data=np.arange(20).reshape(5, 4))
        two.layer("FULLY_CONNECTED", [source, weights], [target])
    assert len(generated(parse_model(two.finish(inputs, outputs), name="m")).constants) == 32


def test_model_without_constants_has_a_blob_all_the_same() -> None:
    assert len(generated(copies("m")).constants) == 16


def test_override_is_called_first() -> None:
    source = generated(copies("m"), ("reshape",)).model_cc
    assert (
        "if (reshape(layer_0.Get())) return true;\n      reference::reshape(layer_0.Get());"
        in source
    )
    assert "if (" not in generated(copies("m"), ("conv_2d",)).model_cc
