"""What LiteX's BIOS needs and no more: for FPGAs where the CFU needs the room."""

from __future__ import annotations

__all__ = ["CPU"]

from soc.cpu import CpuVariant
from soc.vexriscv import CpuOptions
from soc.vexriscv.options import Prediction

CPU = CpuVariant(
    name="slim",
    summary="RV32IM, 2 KiB I-cache and D-cache, no bypass, no prediction",
    options=CpuOptions(
        instruction_cache=2048,
        data_cache=2048,
        prediction=Prediction.NONE,
        bypass=False,
    ),
)
