"""LiteX's `full+cfu`: every feature short of an MMU, 4 KiB caches, one-cycle multiplier."""

from __future__ import annotations

__all__ = ["CPU"]

from soc.cpu import CpuVariant

CPU = CpuVariant(
    name="full",
    summary="VexRiscv full+cfu: RV32IM, 5 stages, bypass, 4 KiB I-cache and D-cache",
    verilog="VexRiscv_FullCfu.v",
    isa="rv32im",
    instruction_cache_bytes=4096,
    data_cache_bytes=4096,
    cache_line_bytes=32,
    exceptions=True,
    cfu_enable=True,
    counts_instructions=True,
)
