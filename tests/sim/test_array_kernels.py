"""The kernels of the array engines on the RTL, with layers larger than random ones."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from firmware.random_layers.draw import Draw
from firmware.tflite_reader import parse_model
from tests.array_layers import WINDOW_OPERATORS, large_sum, window_layer
from tests.sim.bench import Bench

_KERNELS = Path("firmware/kernels/overrides/array")


@pytest.mark.parametrize("cfu", ["inner_loop", "array", "array_dma", "inner_loop_up5k"])
def test_large_layers_are_exact(bench: Bench, cfu: str) -> None:
    draw = Draw(np.random.default_rng(7))
    for _ in range(3):
        for operator in WINDOW_OPERATORS:
            window_layer(draw, operator)
        large_sum(draw)
    content, inputs = draw.finish()
    model = parse_model(content, name=f"large_for_{cfu}")
    result = bench.with_cfu(cfu).with_kernels(_KERNELS).assert_exact(model, inputs)
    assert all(layer.overridden for layer in result.inferences[0].layers)
