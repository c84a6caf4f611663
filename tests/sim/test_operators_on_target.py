"""A sample of the operators' random cases on the RTL; the bulk runs on the host."""

from __future__ import annotations

from pathlib import Path

import pytest

from firmware.operators import supported_operators
from firmware.random_layers import random_layers
from tests.sim.bench import Bench

_LAYERS = 4
_SIMD_MAC = Path("firmware/kernels/overrides/simd_mac")


@pytest.mark.parametrize("operator", supported_operators())
def test_reference_kernels(bench: Bench, operator: str) -> None:
    layers = random_layers(operator, _LAYERS, seed=11)
    bench.assert_exact(layers.model, layers.inputs)


@pytest.mark.parametrize("kernel", sorted(path.stem for path in _SIMD_MAC.glob("*.cc")))
def test_kernels_of_simd_mac(bench: Bench, kernel: str) -> None:
    layers = random_layers(kernel.upper(), 60, seed=12)
    result = (
        bench.with_cfu("simd_mac").with_kernels(_SIMD_MAC).assert_exact(layers.model, layers.inputs)
    )
    overridden = sum(layer.overridden for layer in result.inferences[0].layers)
    assert overridden > 0, "the override declined every layer"
