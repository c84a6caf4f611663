"""The kernels that the tutorial ends with, on layers that they were not written for."""

from __future__ import annotations

from pathlib import Path

import pytest

from firmware.random_layers import random_layers
from tests.sim.bench import Bench

_STEP = Path(__file__).parents[2] / "tutorial" / "5_buffer"


@pytest.mark.parametrize("kernel", sorted(path.stem for path in _STEP.glob("*.cc")))
def test_kernels_hold_or_decline(bench: Bench, kernel: str) -> None:
    layers = random_layers(kernel.upper(), 60, seed=12)
    with_cfu = bench.with_cfu("my_cfu.py:MyCfu", _STEP).with_kernels(_STEP)
    result = with_cfu.assert_exact(layers.model, layers.inputs)
    overridden = sum(layer.overridden for layer in result.inferences[0].layers)
    assert 0 < overridden < len(layers.model.layers)
