"""SoCs: a board, a CPU variant and a CFU put together by LiteX."""

from __future__ import annotations

__all__ = [
    "CpuVariant",
    "MemoryMap",
    "Region",
    "SocBuild",
    "build_soc",
    "cpu_names",
    "find_cpu",
]

from soc.build import SocBuild, build_soc
from soc.cpu import CpuVariant, cpu_names, find_cpu
from soc.memory_map import MemoryMap, Region
