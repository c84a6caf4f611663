"""One unit of four multipliers, with its loops and memories in hardware; see `gateware.array`.

The CPU puts a block's inputs and filters into buffers once, and starts it with one instruction;
no instruction is spent on a multiplication any more.
"""

from __future__ import annotations

__all__ = ["InnerLoop"]

from gateware.array import ArraySizes
from gateware.array.cfu import SIZE_PARAMETERS, ArrayCfu


class InnerLoop(ArrayCfu):
    """4 multiply-accumulates a cycle, every cycle."""

    rung = 3
    teaches = "loops in hardware: every cycle multiplies, none fetches an instruction"
    parameters = SIZE_PARAMETERS

    def __init__(
        self,
        *,
        units: int = 1,
        input_bytes: int = 16384,
        filter_words: int = 4096,
        channels: int = 256,
    ) -> None:
        super().__init__(
            "inner_loop",
            ArraySizes(
                units=units,
                input_bytes=input_bytes,
                filter_words=filter_words,
                channels=channels,
            ),
        )
