"""VexRiscv cores with chosen parts, derived from the complete one in its wheel."""

from __future__ import annotations

__all__ = ["COMPLETE_CORE", "CpuOptions", "write_core"]

from soc.vexriscv.core import COMPLETE_CORE, write_core
from soc.vexriscv.options import CpuOptions
