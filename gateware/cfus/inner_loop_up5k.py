"""`inner_loop` for an iCE40 UP5K: small buffers, and requantization without a multiplier.

Four of the FPGA's eight multipliers are the unit's and four the CPU's, so requantization multiplies
by adding in logic cells, while the unit is busy with the next outputs.
"""

from __future__ import annotations

__all__ = ["InnerLoopUp5k"]

from gateware.array import ArraySizes
from gateware.array.cfu import SIZE_PARAMETERS, ArrayCfu


class InnerLoopUp5k(ArrayCfu):
    """4 multiply-accumulates a cycle beside a CPU in 5,280 logic cells."""

    rung = 6
    teaches = "the same loops in the smallest FPGA: what nobody waits for may take many cycles"
    parameters = SIZE_PARAMETERS

    def __init__(
        self,
        *,
        units: int = 1,
        input_bytes: int = 2048,
        filter_words: int = 1024,
        channels: int = 64,
    ) -> None:
        super().__init__(
            "inner_loop_up5k",
            ArraySizes(
                units=units,
                input_bytes=input_bytes,
                filter_words=filter_words,
                channels=channels,
                result_words=64,
                compact=True,
            ),
        )
