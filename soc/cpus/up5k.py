"""For the iCE40 UP5K, which it leaves half of to SoC and CFU, and four of its eight DSP blocks."""

from __future__ import annotations

__all__ = ["CPU"]

from soc.cpu import CpuVariant
from soc.vexriscv import CpuOptions
from soc.vexriscv.options import Divider, Prediction

CPU = CpuVariant(
    name="up5k",
    summary="for the iCE40 UP5K: no divider, no bypass, no traps, four DSP blocks",
    options=CpuOptions(
        instruction_cache=4096,
        data_cache=0,
        prediction=Prediction.NONE,
        bypass=False,
        divider=Divider.NONE,
        exceptions=False,
        interrupts=False,
        counts_instructions=False,
        cfu_enable=False,
    ),
)
