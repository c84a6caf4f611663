"""The fastest: caches and a branch predictor for FPGAs with block RAM to spare."""

from __future__ import annotations

__all__ = ["CPU"]

from soc.cpu import CpuVariant
from soc.vexriscv import CpuOptions
from soc.vexriscv.options import Prediction, Shifter

CPU = CpuVariant(
    name="perf",
    summary="for FPGAs with block RAM to spare: dynamic prediction, early shifts",
    options=CpuOptions(
        instruction_cache=16 << 10,
        data_cache=16 << 10,
        prediction=Prediction.DYNAMIC,
        shifter=Shifter.EARLY,
    ),
)
