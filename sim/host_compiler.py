"""Compiling C++ for the machine that simulates."""

from __future__ import annotations

__all__ = ["HOST_FLAGS", "compile_host_objects", "link_host_program"]

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from toolchain import ArtifactCache, run_tool, zig

HOST_FLAGS = (
    "-target",
    "x86_64-linux-musl",
    "-std=c++20",
    "-O3",
    "-fno-sanitize=all",
    "-fno-stack-protector",
    "-DNDEBUG",
)


def compile_host_objects(
    sources: Sequence[Path], directory: Path, *, flags: Sequence[str], cache: ArtifactCache
) -> tuple[Path, ...]:
    """Compile sources side by side into `directory` and return the objects, in their order.

    Raises
    ------
    ToolFailed
        With the compiler's own message.
    """
    compiler = zig(cache)

    def compile_one(source: Path) -> Path:
        target = directory / f"{source.stem}.o"
        run_tool(
            compiler,
            ["c++", *HOST_FLAGS, *flags, "-c", source, "-o", target],
            what=f"compiling `{source.name}` for the simulator",
        )
        return target

    with ThreadPoolExecutor(max_workers=os.cpu_count() or 1) as pool:
        return tuple(pool.map(compile_one, sources))


def link_host_program(objects: Sequence[Path], program: Path, *, cache: ArtifactCache) -> None:
    """Link objects into a static program."""
    run_tool(
        zig(cache),
        ["c++", "-target", "x86_64-linux-musl", "-O3", "-s", *objects, "-o", program],
        what="linking the simulator",
    )
