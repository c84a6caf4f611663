"""Estimates of area: counted as placement will, and near to what it finds."""

from __future__ import annotations

from typing import Any

import pytest

from soc.synthesis.device import find_device
from soc.synthesis.estimate import Area, capacity_of, count_area

_ICE40 = find_device("ice40-up5k-sg48")
_ECP5 = find_device("LFE5U-25F-6BG256C")
_ARTIX = find_device("xc7a35ticsg324-1L")


def _module(*cells: tuple[str, dict[str, list[int]]]) -> dict[str, Any]:
    return {
        "cells": {
            f"cell {number}": {"type": kind, "connections": connections}
            for number, (kind, connections) in enumerate(cells)
        }
    }


def test_an_ice40s_registers_and_carries_share_a_cell_with_their_lut() -> None:
    lut = ("SB_LUT4", {"I0": [1], "I1": [2], "I2": [3], "I3": [4], "O": [10]})
    carry = ("SB_CARRY", {"I0": [2], "I1": [3], "CI": [4], "CO": [5]})
    shared = ("SB_DFF", {"C": [0], "D": [10], "Q": [11]})
    alone = ("SB_DFFSR", {"C": [0], "D": [11], "Q": [12]})
    assert count_area(_module(lut, carry, shared), _ICE40).cells == 1
    assert count_area(_module(lut, carry, shared, alone), _ICE40).cells == 2
    # A LUT that others read too keeps its register out, and a carry of other operands has no LUT.
    reader = ("SB_LUT4", {"I0": [10], "I1": [0], "I2": [0], "I3": [0], "O": [20]})
    assert count_area(_module(lut, shared, reader), _ICE40).cells == 3
    other = ("SB_CARRY", {"I0": [7], "I1": [3], "CI": [4], "CO": [6]})
    assert count_area(_module(lut, other), _ICE40).cells == 2


def test_blocks_are_counted_by_family() -> None:
    ice40 = _module(("SB_MAC16", {}), ("SB_RAM40_4K", {}), ("SB_RAM40_4KNR", {}))
    assert count_area(ice40, _ICE40) == Area(cells=0, dsp=1, ram=2)
    ecp5 = _module(
        ("LUT4", {}), ("CCU2C", {}), ("TRELLIS_DPR16X4", {}), ("DP16KD", {}), ("MULT18X18D", {})
    )
    assert count_area(ecp5, _ECP5) == Area(cells=9, dsp=1, ram=1)
    artix = _module(("LUT6", {}), ("SRL16E", {}), ("RAMB18E1", {}), ("DSP48E1", {}), ("FDRE", {}))
    assert count_area(artix, _ARTIX) == Area(cells=2, dsp=1, ram=1)


def test_areas_add_up() -> None:
    assert Area(10, 2, 3) + Area(1, 1, 1) - Area(5, 0, 1) == Area(6, 3, 3)


@pytest.mark.parametrize(
    ("device", "capacity"),
    [
        (_ICE40, Area(5_280, 8, 30)),
        (_ECP5, Area(24_288, 28, 56)),
        (find_device("LFE5UM5G-85F-8BG381C"), Area(83_640, 156, 208)),
        (_ARTIX, Area(20_800, 90, 50)),
        (find_device("ice40-hx8k-ct256"), None),
    ],
)
def test_what_fpgas_hold(device: Any, capacity: Area | None) -> None:
    assert capacity_of(device) == capacity
