from __future__ import annotations

import json
from pathlib import Path

import pytest

from soc.synthesis.names import SignalNames
from soc.synthesis.netlist import Part


@pytest.fixture
def names(tmp_path: Path) -> SignalNames:
    module = {
        "attributes": {"top": "1"},
        "netnames": {
            "Cfu.cfu.clk": {"bits": [2]},
            "sys_clk": {"bits": [2]},
            "clk48": {"bits": [3]},
            "Cfu.bus__cmd__payload": {"bits": [4, 5]},
            "VexRiscv._zz_12": {"bits": [4]},
            "VexRiscv.execute_RS1": {"bits": [4, 6]},
            "lonely": {"bits": [7]},
        },
        "cells": {
            "Cfu.bus__cmd__payload_SB_DFFE_Q": {"connections": {"C": [2], "D": [9], "Q": [4]}},
            "lonely_SB_DFF_Q": {"connections": {"Q": [7]}},
        },
    }
    path = tmp_path / "netlist.json"
    path.write_text(json.dumps({"modules": {"soc": module}}))
    return SignalNames(path)


def test_a_clock_has_the_name_it_is_constrained_by(names: SignalNames) -> None:
    assert names.clock("$glbnet$Cfu.cfu.clk", known=["clk48", "sys_clk"]) == "sys_clk"
    assert names.clock("Cfu.cfu.clk_$glb_clk", known=[]) == "sys_clk"
    assert names.clock("clk48$SB_IO_IN_$glb_clk", known=[]) == "clk48"
    assert names.clock("unheard_of", known=["sys_clk"]) == "unheard_of"


def test_a_register_has_the_name_of_the_part_it_is_in(names: SignalNames) -> None:
    cell = "Cfu.bus__cmd__payload_SB_DFFE_Q_DFFLC"
    assert names.register(cell, Part.CPU) == "VexRiscv.execute_RS1"
    assert names.register(cell, Part.CFU) == "Cfu.bus__cmd__payload"
    assert names.register("lonely_SB_DFF_Q_D_SB_LUT4_O_LC", Part.SOC) == "lonely"
    assert names.register("VexRiscv.x_TRELLIS_FF_Q_3", Part.CPU) == "VexRiscv.x"
