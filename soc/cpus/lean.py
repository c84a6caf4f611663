"""`up5k` without multiplier and barrel shifter, for a CFU that leaves the CPU no arithmetic."""

from __future__ import annotations

__all__ = ["CPU"]

from soc.cpu import CpuVariant
from soc.vexriscv import CpuOptions
from soc.vexriscv.options import Divider, Multiplier, Prediction, Shifter

CPU = CpuVariant(
    name="lean",
    summary="`up5k` without multiplier and barrel shifter, beside a CFU that takes most of a UP5K",
    options=CpuOptions(
        instruction_cache=2048,
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
