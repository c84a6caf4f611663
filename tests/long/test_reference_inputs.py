"""The four MLPerf Tiny models on all their sample inputs: some minutes a CFU.

Not part of the suite; run with `./cfu test tests/long`.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from gateware import kernels_of, shipped_cfus
from playground.design import Design
from playground.flow import run_design
from playground.progress import Silent
from playground.resolve import shipped_kernels
from profiles import require_exact
from tests.reference_models import REFERENCE_MODELS, reference_inputs, reference_model
from toolchain import ArtifactCache

_CFUS = ("none", *shipped_cfus())


def _labels(name: str, inputs: list[Path]) -> tuple[int, ...]:
    """Return the classes that file names of the keyword inputs end with."""
    if name != "kws01":
        return ()
    found = [re.search(r"_([0-9]+)$", path.stem) for path in inputs]
    return tuple(int(match[1]) for match in found if match is not None)


@pytest.mark.parametrize("cfu", _CFUS)
@pytest.mark.parametrize("name", REFERENCE_MODELS)
def test_every_layer_of_every_input_is_bit_exact(name: str, cfu: str) -> None:
    inputs = reference_inputs(name)
    design = Design(
        model=reference_model(name),
        cfu=cfu,
        kernels=shipped_kernels().get(kernels_of(cfu) or ""),
        inputs=tuple(inputs),
        labels=_labels(name, inputs),
    )
    profile = require_exact(run_design(design, cache=ArtifactCache.default(), progress=Silent()))
    assert profile.inferences >= len(inputs)
    if design.labels:
        assert profile.accuracy is not None
        assert profile.accuracy.correct == profile.accuracy.total == len(inputs)
