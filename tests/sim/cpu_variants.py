"""The CPU variants that tests of CPUs try."""

from __future__ import annotations

__all__ = ["CPU_VARIANTS"]

from soc import cpu_names

# Beside the variants that have names: each option's every value, in combinations drawn once.
_COMBINATIONS = (
    "full:instruction_cache=1024,data_cache=128,cache_line=64,multiplier=iterative,bypass=no",
    "full:data_cache=0,prediction=dynamic,shifter=iterative,divider=none,interrupts=no",
    "up5k:data_cache=512,cache_line=16,shifter=early,bypass=yes,divider=iterative",
    "min:instruction_cache=32,cache_line=16,multiplier=iterative,counts_instructions=yes",
)
CPU_VARIANTS = (*cpu_names(), *_COMBINATIONS)
