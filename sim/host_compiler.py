"""Compiling C++ for the machine that simulates."""

from __future__ import annotations

__all__ = [
    "HOST_FLAGS",
    "build_host_objects",
    "compile_host_objects",
    "link_host_program",
    "sources_digest",
]

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from firmware.includes import included_files
from toolchain import ArtifactCache, digest, run_tool, zig

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


def sources_digest(sources: Sequence[Path], include: Sequence[Path]) -> str:
    """Return a digest of sources and of the files that they include from some directories."""
    return digest([(path.name, path, included_files(path, include)) for path in sources])


def build_host_objects(
    name: str,
    sources: Sequence[Path],
    *,
    include: Sequence[Path],
    warnings: Sequence[str] = (),
    cache: ArtifactCache,
) -> tuple[Path, ...]:
    """Return the objects of sources that depend on nothing but what they include.

    Parameters
    ----------
    name
        Of the kind of artifact.

    Raises
    ------
    ToolFailed
        With the compiler's own message.
    """

    def key() -> str:
        return digest(zig(cache).identity, HOST_FLAGS, warnings, sources_digest(sources, include))

    def produce(directory: Path) -> None:
        flags = (*warnings, *(f"-I{path}" for path in include))
        compile_host_objects(sources, directory, flags=flags, cache=cache)

    directory = cache.build(name, key, produce)
    return tuple(directory / f"{source.stem}.o" for source in sources)


def link_host_program(objects: Sequence[Path], program: Path, *, cache: ArtifactCache) -> None:
    """Link objects into a static program."""
    run_tool(
        zig(cache),
        ["c++", "-target", "x86_64-linux-musl", "-O3", "-s", *objects, "-o", program],
        what="linking the simulator",
    )
