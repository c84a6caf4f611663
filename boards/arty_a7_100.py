"""Digilent Arty A7-100T: the 35T with a larger FPGA."""

from __future__ import annotations

__all__ = ["BOARD"]

import dataclasses

from boards.arty_a7_35 import BOARD as ARTY_A7_35
from boards.board import Programmer

assert ARTY_A7_35.hardware is not None

BOARD = dataclasses.replace(
    ARTY_A7_35,
    name="arty_a7_100",
    summary="Arty A7-100T: Artix-7, 256 MiB DDR3",
    hardware=dataclasses.replace(
        ARTY_A7_35.hardware,
        platform_options={"variant": "a7-100"},
        programmer=Programmer("openfpgaloader", ("--board", "arty_a7_100t")),
    ),
)
