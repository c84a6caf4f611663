"""`array` with a port to main memory: it fetches operands and stores results by itself.

The CPU describes a layer and waits, or does something else; see `gateware.array`.
"""

from __future__ import annotations

__all__ = ["ArrayDma"]

from gateware.array import ArraySizes
from gateware.array.cfu import ArrayCfu


class ArrayDma(ArrayCfu):
    """32 multiply-accumulates a cycle, on operands that it fetches itself."""

    rung = 5
    teaches = "a memory port: data moves a word a cycle, and not through the CPU's registers"
    peak_macs_per_cycle = 32

    def __init__(self) -> None:
        super().__init__(
            "array_dma",
            ArraySizes(
                units=8, input_bytes=16384, filter_words=1024, channels=256, memory_port=True
            ),
        )
