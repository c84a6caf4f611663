"""The smallest: what a CFU needs to be driven by."""

from __future__ import annotations

__all__ = ["CPU"]

from soc.cpu import CpuVariant
from soc.vexriscv import CpuOptions
from soc.vexriscv.options import Divider, Multiplier, Prediction, Shifter

CPU = CpuVariant(
    name="min",
    summary="the smallest: no multiplier, a bit a cycle in shifts, no bypass, no traps",
    options=CpuOptions(
        instruction_cache=1024,
        data_cache=0,
        prediction=Prediction.NONE,
        bypass=False,
        multiplier=Multiplier.NONE,
        divider=Divider.NONE,
        shifter=Shifter.ITERATIVE,
        exceptions=False,
        interrupts=False,
        counts_instructions=False,
        cfu_enable=False,
    ),
)
