"""Every operator's generated code and reference kernel against TensorFlow Lite Micro."""

from __future__ import annotations

import numpy as np
import pytest

from firmware.golden import golden_tensors
from firmware.host import run_on_host
from firmware.operators import supported_operators
from firmware.random_layers import random_layers

# The interpreter takes models of up to 1024 buffers, so the layers come in several models.
LAYERS_IN_A_MODEL = 100
SEEDS = (1, 2, 3)
CHECKED_SEED = 3  # is run with traps on undefined behaviour


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("operator", supported_operators())
def test_random_layers_are_bit_exact(operator: str, seed: int) -> None:
    layers = random_layers(operator, LAYERS_IN_A_MODEL, seed=seed)
    model = layers.model
    wanted = [layer.outputs[0] for layer in model.layers]
    expected = golden_tensors(model.content, layers.inputs, wanted=wanted)
    actual = run_on_host(model, layers.inputs, checked=seed == CHECKED_SEED)
    assert len(actual) == LAYERS_IN_A_MODEL
    varied = 0
    for layer in model.layers:
        output = expected[layer.outputs[0]]
        assert actual[layer.index][0].dtype == output.dtype
        np.testing.assert_array_equal(
            actual[layer.index][0], output, err_msg=f"layer {layer.index}: {layer.options}"
        )
        varied += np.unique(output).size >= min(3, output.size)
    # A test of outputs that are all one value would show little.
    assert varied >= LAYERS_IN_A_MODEL // 4
