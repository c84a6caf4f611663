"""Every shipped set of kernels, with every CFU it is for, on networks it was not written for."""

from __future__ import annotations

import numpy as np
import pytest

from firmware.golden import golden_tensors
from gateware import kernels_of, shipped_cfus
from playground.resolve import cfus_of_kernels, shipped_kernels
from tests.models_topologies import TOPOLOGIES, topologies
from tests.sim.bench import Bench

_NO_CFU = "none"
_PAIRS = [
    *((cfu, kernels_of(cfu)) for cfu in shipped_cfus()),
    *((_NO_CFU, kernels) for kernels in shipped_kernels() if not cfus_of_kernels(kernels)),
]


@pytest.mark.parametrize("name", TOPOLOGIES)
def test_networks_have_varied_values(name: str) -> None:
    """A network whose layers gave one value each would show nothing."""
    model, inputs = topologies(name)
    wanted = [layer.outputs[0] for layer in model.layers]
    for tensor in golden_tensors(model.content, inputs, wanted=wanted).values():
        assert np.unique(tensor).size >= min(3, tensor.size)


@pytest.mark.parametrize(("cfu", "kernels"), _PAIRS)
def test_every_layer_is_exact(bench: Bench, cfu: str, kernels: str) -> None:
    """All networks are one model, since most of the time goes into making it."""
    model, inputs = topologies(*TOPOLOGIES)
    result = (
        bench.with_cfu(cfu).with_kernels(shipped_kernels()[kernels]).assert_exact(model, inputs)
    )
    layers = result.inferences[0].layers
    assert sum(layer.overridden for layer in layers) > len(layers) // 2
