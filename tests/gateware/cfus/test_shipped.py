"""What every shipped CFU is held to, by being in `gateware/cfus`: what `cfu test` checks."""

from __future__ import annotations

from pathlib import Path

import pytest

from gateware import Cfu, shipped_cfus
from gateware.formal import prove_cfu
from gateware.load import make_cfu
from gateware.testing import check_cfu

_HERE = Path(__file__).parent


@pytest.mark.parametrize("name", shipped_cfus())
def test_it_is_like_its_model_in_both_simulators(name: str) -> None:
    amaranth, verilator = check_cfu(name, directory=_HERE, commands=600, seed=11)
    assert (amaranth.simulator, verilator.simulator) == ("amaranth", "verilator")
    for report in (amaranth, verilator):
        assert report.failures == ()
        assert report.commands >= 300
        assert min(report.coverage.values()) > 0, report.coverage
        assert report.has_model
    # The same stimulus takes the same cycles, as it is the same hardware.
    assert amaranth.cycles == verilator.cycles
    assert amaranth.transfers == verilator.transfers


@pytest.mark.parametrize("name", shipped_cfus())
def test_its_handshake_is_proven(name: str) -> None:
    proof = prove_cfu(name, directory=_HERE)
    assert proof.broken == (), proof.trace
    assert proof.is_proven
    assert proof.unfollowed == ()
    cfu = make_cfu(name, directory=_HERE)
    # The others let commands wait for what earlier ones still do.
    assert proof.is_accepting == (cfu is not None and cfu.patience_cycles == Cfu.patience_cycles)
