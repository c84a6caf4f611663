from __future__ import annotations

import json
from collections.abc import Callable

from playground.commands.demo import DEMO_CFU, SPEED_MODEL, TRAINED_MODEL
from playground.design import NO_CFU
from tests.playground.conftest import FakeFlow, Ran

Cfu = Callable[..., Ran]


def test_two_models_with_and_without_the_cfu(cfu: Cfu, flow: FakeFlow) -> None:
    ran = cfu("demo")
    assert ran.code == 0, ran.err
    assert [(design.model.stem, design.cfu) for design in flow.designs] == [
        (SPEED_MODEL, NO_CFU),
        (SPEED_MODEL, DEMO_CFU),
        (TRAINED_MODEL, NO_CFU),
        (TRAINED_MODEL, DEMO_CFU),
    ]
    assert [bool(design.kernels) for design in flow.designs] == [False, True, False, True]
    assert flow.designs[2].labels != ()
    assert ran.out.count("speedups against #0 `baseline`") == 2
    assert "`kws` is 9.24 times as fast with `simd_mac`, 87.0 ms to 9.4 ms at 100 MHz" in ran.out


def test_json(cfu: Cfu, flow: FakeFlow) -> None:
    written = json.loads(cfu("demo", "--json").out)
    assert [len(each["profiles"]) for each in written] == [2, 2]
