"""Eight units of four multipliers, each with an output channel of its own; see `gateware.array`.

Every input that is read serves eight output channels at once. The CPU only moves data.
"""

from __future__ import annotations

__all__ = ["Array"]

from gateware.array import ArraySizes
from gateware.array.cfu import SIZE_PARAMETERS, ArrayCfu


class Array(ArrayCfu):
    """32 multiply-accumulates a cycle."""

    rung = 4
    teaches = "an input read once for eight output channels; then the CPU's loads are the limit"
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
            "array",
            ArraySizes(
                units=units,
                input_bytes=input_bytes,
                filter_words=filter_words,
                channels=channels,
            ),
        )
