"""`inner_loop` for an iCE40 UP5K: small buffers, and requantization without a multiplier.

Four of the FPGA's eight multipliers are the unit's and four the CPU's, so requantization multiplies
by adding in logic cells, while the unit is busy with the next outputs.
"""

from __future__ import annotations

__all__ = ["InnerLoopUp5k"]

from gateware.array import ArraySizes
from gateware.array.cfu import ArrayCfu


class InnerLoopUp5k(ArrayCfu):
    """4 multiply-accumulates a cycle beside a CPU in 5,280 logic cells."""

    rung = 6
    teaches = "the same loops in the smallest FPGA: what nobody waits for may take many cycles"
    peak_macs_per_cycle = 4

    def __init__(self) -> None:
        super().__init__(
            "inner_loop_up5k",
            ArraySizes(
                units=1,
                input_bytes=2048,
                filter_words=1024,
                channels=64,
                result_words=64,
                compact=True,
            ),
        )
