"""`cfu doctor`: what is installed, where things are kept, what is missing."""

from __future__ import annotations

__all__ = ["Finding", "Health", "doctor", "examine"]

import enum
import importlib.metadata
import platform
import re
import shutil
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

import typer
from rich import box
from rich.table import Table
from rich.text import Text

from playground.commands.options import AsJson
from playground.console import Output
from toolchain import ArtifactCache, PlaygroundError, Tool, run_tool, verilator, zig
from toolchain.fpga_tools import nextpnr, yosys

_REPOSITORY = Path(__file__).parents[2]
_LITTLE_SPACE_BYTES = 2_000_000_000
_RISCV_GCC = ("riscv64-unknown-elf-gcc", "riscv32-unknown-elf-gcc", "riscv-none-elf-gcc")


class Health(enum.StrEnum):
    """How a finding bears on the playground's working."""

    OK = "ok"
    OPTIONAL = "optional"  # missing, and needed for something extra only
    MISSING = "missing"


@dataclass(frozen=True)
class Finding:
    """One thing looked at.

    Attributes
    ----------
    found
        Version, path or size.
    hint
        How to get what is missing; empty if nothing is.
    """

    what: str
    health: Health
    found: str
    hint: str = ""


def doctor(*, as_json: AsJson = False) -> None:
    """Show Python, tools, packages and cache, and say how to get what is missing."""
    output = Output()
    findings = examine(ArtifactCache.default())
    if as_json:
        output.show_json([asdict(finding) for finding in findings])
    else:
        output.show(_table(findings))
        for finding in findings:
            if finding.hint:
                output.show(f"{finding.what}: {finding.hint}")
    if any(finding.health is Health.MISSING for finding in findings):
        raise typer.Exit(3)


def examine(cache: ArtifactCache) -> list[Finding]:
    """Look at everything the playground needs."""
    return [
        Finding("Python", Health.OK, f"{platform.python_version()} at {sys.executable}"),
        *_packages(),
        _tool("verilator", verilator),
        _tool("zig", zig),
        _fpga_tool("yosys", yosys),
        *(_fpga_tool(f"nextpnr-{each}", partial(nextpnr, each)) for each in ("ice40", "ecp5")),
        _riscv_gcc(),
        *_cache(cache),
    ]


def _packages() -> Iterator[Finding]:
    lock = _REPOSITORY / "requirements.lock"
    if not lock.is_file():
        yield Finding("packages", Health.OK, "installed outside of a clone, versions unchecked")
        return
    pins = re.findall(r"^([A-Za-z0-9._-]+)==(\S+)", lock.read_text(), re.MULTILINE)
    wrong = []
    for name, version in pins:
        try:
            installed = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            installed = "missing"
        if installed != version:
            wrong.append(f"{name} {installed} for {version}")
    if wrong:
        yield Finding(
            "packages",
            Health.MISSING,
            f"{len(wrong)} of {len(pins)} are not as locked: {', '.join(wrong)}",
            "`./cfu` in the clone installs what is locked; `rm -r .venv` first if it does not",
        )
    else:
        yield Finding("packages", Health.OK, f"all {len(pins)} as requirements.lock has them")


def _tool(name: str, make: Callable[[], Tool]) -> Finding:
    """Look whether a tool of a wheel is there and starts."""
    try:
        tool = make()
        arguments = ["version"] if tool.name == "zig" else ["--version"]
        run_tool(tool, arguments, what="telling its version")
    except PlaygroundError as error:
        return Finding(name, Health.MISSING, error.message, error.hint or "")
    return Finding(tool.name, Health.OK, f"{tool.version} at {tool.command[0]}")


def _fpga_tool(name: str, make: Callable[[], Tool]) -> Finding:
    """Look whether a tool of a wheel is there; to start one may take half a minute."""
    try:
        version = make().version
    except PlaygroundError as error:
        return Finding(name, Health.MISSING, error.message, error.hint or "")
    native = shutil.which(name)
    also = f"; `--tools native` takes {native}" if native is not None else ""
    return Finding(name, Health.OK, f"{version}{also}")


def _riscv_gcc() -> Finding:
    found = next((path for name in _RISCV_GCC if (path := shutil.which(name))), None)
    if found is None:
        return Finding(
            "RISC-V GCC",
            Health.OPTIONAL,
            "not on PATH",
            "only `--compiler gcc` needs it; on Debian and Ubuntu it is in the package "
            "gcc-riscv64-unknown-elf",
        )
    process = subprocess.run(
        [found, "-dumpfullversion"], capture_output=True, text=True, check=False
    )
    return Finding("RISC-V GCC", Health.OK, f"{process.stdout.strip()} at {found}")


def _cache(cache: ArtifactCache) -> Iterator[Finding]:
    used = sum(map(_file_bytes, cache.root.rglob("*")))
    yield Finding("cache", Health.OK, f"{used / 1e6:,.0f} MB in {cache.root}; CFU_CACHE moves it")
    existing = next(path for path in (cache.root, *cache.root.parents) if path.exists())
    free = shutil.disk_usage(existing).free
    little = free < _LITTLE_SPACE_BYTES
    yield Finding(
        "free disk",
        Health.MISSING if little else Health.OK,
        f"{free / 1e9:,.1f} GB",
        "free some space, or set CFU_CACHE to a directory on another disk" if little else "",
    )


def _file_bytes(path: Path) -> int:
    try:
        status = path.lstat()
    except FileNotFoundError:  # another process is building
        return 0
    return status.st_size if stat.S_ISREG(status.st_mode) else 0


def _table(findings: list[Finding]) -> Table:
    styles = {Health.OK: "green", Health.OPTIONAL: "yellow", Health.MISSING: "bold red"}
    table = Table(box=box.SIMPLE_HEAD)
    for column in ("what", "state", "found"):
        table.add_column(column)
    for finding in findings:
        state = Text(finding.health, style=styles[finding.health])
        table.add_row(finding.what, state, finding.found)
    return table
