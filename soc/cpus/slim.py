"""For FPGAs where the CFU needs the room: less than `full`, and hardly slower."""

from __future__ import annotations

__all__ = ["CPU"]

from soc.cpu import CpuVariant
from soc.vexriscv import CpuOptions
from soc.vexriscv.options import Prediction

CPU = CpuVariant(
    name="slim",
    summary="as fast as `full`, fewer cells: no prediction, no count of instructions",
    options=CpuOptions(
        prediction=Prediction.NONE,
        counts_instructions=False,
    ),
)
