"""LiteX's `full+cfu`: every feature short of an MMU, 4 KiB caches, one-cycle multiplier."""

from __future__ import annotations

__all__ = ["CPU"]

from soc.cpu import CpuVariant
from soc.vexriscv import CpuOptions

CPU = CpuVariant(
    name="full",
    summary="LiteX's full+cfu: five stages, static prediction, pipelined multiplier",
    options=CpuOptions(),
)
