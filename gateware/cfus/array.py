"""Eight units of four multipliers, each with an output channel of its own; see `gateware.array`.

Every input that is read serves eight output channels at once. The CPU only moves data.
"""

from __future__ import annotations

__all__ = ["Array"]

from gateware.array import ArraySizes
from gateware.array.cfu import ArrayCfu


class Array(ArrayCfu):
    """32 multiply-accumulates a cycle."""

    rung = 4
    teaches = "an input read once for eight output channels; then the CPU's loads are the limit"
    peak_macs_per_cycle = 32

    def __init__(self) -> None:
        super().__init__(
            "array",
            ArraySizes(units=8, input_bytes=16384, filter_words=1024, channels=256),
        )
