"""`array` with a port to main memory: it fetches operands and stores results by itself.

The CPU describes a layer and waits, or does something else; see `gateware.array`.
"""

from __future__ import annotations

__all__ = ["ArrayDma"]

from gateware.array import ArraySizes
from gateware.array.cfu import SIZE_PARAMETERS, ArrayCfu


class ArrayDma(ArrayCfu):
    """32 multiply-accumulates a cycle, on operands that it fetches itself."""

    rung = 5
    teaches = "a memory port: data moves a word a cycle, and not through the CPU's registers"
    parameters = SIZE_PARAMETERS

    def __init__(
        self,
        *,
        units: int = 8,
        input_bytes: int = 16384,
        filter_words: int = 1024,
        channels: int = 256,
    ) -> None:
        super().__init__(
            "array_dma",
            ArraySizes(
                units=units,
                input_bytes=input_bytes,
                filter_words=filter_words,
                channels=channels,
                memory_port=True,
            ),
        )
