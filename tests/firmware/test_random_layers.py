from __future__ import annotations

import numpy as np

from firmware.operators import supported_operators
from firmware.random_layers import mixed_layers, random_layers


def test_same_seed_gives_the_same_layers() -> None:
    first, second, other = (random_layers("ADD", 20, seed=seed) for seed in (5, 5, 6))
    assert first.model.content == second.model.content != other.model.content
    for a, b in zip(first.inputs, second.inputs, strict=True):
        np.testing.assert_array_equal(a, b)


def test_every_supported_operator_has_random_layers() -> None:
    for operator in supported_operators():
        layers = random_layers(operator, 2, seed=0)
        assert [layer.operator for layer in layers.model.layers] == [operator] * 2
        assert len(layers.inputs) == len(layers.model.inputs)


def test_mixed_layers_have_every_operator() -> None:
    layers = mixed_layers(2, seed=1).model.layers
    assert sorted(layer.operator for layer in layers) == sorted(supported_operators() * 2)


def test_convolutions_cover_what_matters() -> None:
    model = random_layers("CONV_2D", 200, seed=1).model
    options = [layer.options for layer in model.layers]
    for name, least in (("dilation_h_factor", 10), ("stride_w", 50)):
        assert sum(values[name] != 1 for values in options) >= least
    assert {values["padding"] for values in options} == {"SAME", "VALID"}
    assert {values["fused_activation_function"] for values in options} == {
        "NONE",
        "RELU",
        "RELU6",
        "RELU_N1_TO_1",
    }
    filters = [model.tensors[layer.inputs[1]] for layer in model.layers]
    sources = [model.tensors[layer.inputs[0]] for layer in model.layers]
    pairs = list(zip(filters, sources, strict=True))
    assert any(weights.shape[3] < source.shape[3] for weights, source in pairs)  # groups
    assert any(weights.shape[1] > source.shape[1] for weights, source in pairs)  # a large window
    zero_points = [source.quantization.zero_points[0] for source in sources if source.quantization]
    assert {-128, 127} <= set(zero_points)
