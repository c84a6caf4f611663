"""Where the kernels' C++ sources are and how they are compiled."""

from __future__ import annotations

__all__ = [
    "DEFINES",
    "include_directories",
    "kernel_names",
    "reference_source",
    "support_sources",
    "system_include_directories",
]

from pathlib import Path

from toolchain import wheel_directory

_KERNELS = Path(__file__).parent / "kernels"

DEFINES = ("TF_LITE_STATIC_MEMORY", "TF_LITE_STRIP_ERROR_STRINGS")
"""Macros every C++ file is compiled with. Builds for a target add NDEBUG, as TFLM's releases do."""


def include_directories() -> tuple[Path, ...]:
    """Return the directories to pass with `-I`."""
    return (_KERNELS / "include",)


def system_include_directories() -> tuple[Path, ...]:
    """Return the directory of TensorFlow Lite Micro's headers, to pass with `-isystem`."""
    return (wheel_directory("xmos_ai_tools") / "runtime" / "include",)


def kernel_names() -> tuple[str, ...]:
    """Return the names of the kernels, which overrides are named after, sorted."""
    return tuple(sorted(path.stem for path in (_KERNELS / "reference").glob("*.cc")))


def reference_source(kernel: str) -> Path:
    """Return the C++ file of a reference kernel, by the kernel's name: "conv_2d"."""
    return _KERNELS / "reference" / f"{kernel}.cc"


def support_sources() -> tuple[Path, ...]:
    """Return the C++ files that every model needs."""
    return tuple(sorted((_KERNELS / "support").glob("*.cc")))
