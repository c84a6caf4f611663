"""LiteX's `full+cfu`: every feature short of an MMU, 4 KiB caches, one-cycle multiplier."""

from __future__ import annotations

__all__ = ["CPU"]

from soc.cpu import CpuVariant
from soc.vexriscv import CpuOptions

CPU = CpuVariant(
    name="full",
    summary="VexRiscv full+cfu: RV32IM, 5 stages, bypass, 4 KiB I-cache and D-cache",
    options=CpuOptions(),
)
