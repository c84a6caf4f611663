"""What a firmware does with its model: the program that is linked around it."""

from __future__ import annotations

__all__ = ["SERVE", "Application", "runtime_directory", "runtime_sources"]

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

_RUNTIME = Path(__file__).with_name("runtime")


@dataclass(frozen=True)
class Application:
    """A `main`, an exception handler and what kernels print with.

    Attributes
    ----------
    sources
        C++ files, compiled with warnings as errors. They find the headers of the runtime, those
        beside them, `soc.h` and `headers`.
    headers
        Text of each generated header, by file name.
    """

    name: str
    sources: tuple[Path, ...]
    headers: Mapping[str, str] = field(default_factory=dict, hash=False)


SERVE = Application(
    name="serve",
    sources=tuple(_RUNTIME / name for name in ("serve.cc", "frame.cc", "inspect.cc", "print.cc")),
)


def runtime_directory() -> Path:
    """Return where the runtime's headers are."""
    return _RUNTIME


def runtime_sources() -> tuple[Path, ...]:
    """Return what every application is linked with: start-up, UART, memory functions."""
    found = (*_RUNTIME.glob("*.cc"), *_RUNTIME.glob("*.S"))
    return tuple(sorted(path for path in found if path not in SERVE.sources))
