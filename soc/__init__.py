"""SoCs: a board, a CPU variant and a CFU put together by LiteX."""

from __future__ import annotations

__all__ = [
    "CpuVariant",
    "HardwareBuild",
    "MemoryMap",
    "Region",
    "SocBuild",
    "build_hardware",
    "build_soc",
    "cpu_names",
    "find_cpu",
]

from soc.build import HardwareBuild, SocBuild, build_hardware, build_soc
from soc.cpu import CpuVariant, cpu_names, find_cpu
from soc.memory_map import MemoryMap, Region
