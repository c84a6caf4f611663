"""One unit of four multipliers, with its loops and memories in hardware; see `gateware.array`.

The CPU puts a block's inputs and filters into buffers once, and starts it with one instruction;
no instruction is spent on a multiplication any more.
"""

from __future__ import annotations

__all__ = ["InnerLoop"]

from gateware.array import ArraySizes
from gateware.array.cfu import ArrayCfu


class InnerLoop(ArrayCfu):
    """4 multiply-accumulates a cycle, every cycle."""

    rung = 3
    teaches = "loops in hardware: every cycle multiplies, none fetches an instruction"
    peak_macs_per_cycle = 4

    def __init__(self) -> None:
        super().__init__(
            "inner_loop",
            ArraySizes(units=1, input_bytes=16384, filter_words=4096, channels=256),
        )
