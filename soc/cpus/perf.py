"""The fastest: caches and a branch predictor for FPGAs with block RAM to spare."""

from __future__ import annotations

__all__ = ["CPU"]

from soc.cpu import CpuVariant
from soc.vexriscv import CpuOptions
from soc.vexriscv.options import Prediction, Shifter

CPU = CpuVariant(
    name="perf",
    summary="RV32IM, 16 KiB I-cache and D-cache, dynamic prediction, shifts in one cycle",
    options=CpuOptions(
        instruction_cache=16 << 10,
        data_cache=16 << 10,
        prediction=Prediction.DYNAMIC,
        shifter=Shifter.EARLY,
    ),
)
