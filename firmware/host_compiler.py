"""C++ for this machine, compiled by clang from the `ziglang` wheel."""

from __future__ import annotations

__all__ = ["HostCompiler"]

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from firmware.includes import included_files
from firmware.kernel_sources import DEFINES, include_directories, system_include_directories
from toolchain import ArtifactCache, digest, run_tool, wheel_version, zig

# Programs are static, so that they run on any Linux.
_TARGET = ("-target", "x86_64-linux-musl")
_FLAGS = (
    *_TARGET,
    "-std=c++17",
    "-Wall",
    "-Wextra",
    "-fno-exceptions",
    "-fno-rtti",
    "-UNDEBUG",  # TFLM's assertions stop the program when a kernel's assumptions do not hold
    *(f"-D{name}" for name in DEFINES),
)
_UNCHECKED = ("-fwrapv", "-fno-sanitize=all")  # sums wrap as they do on the target
_CHECKED = ("-fsanitize=undefined", "-fsanitize-trap=undefined")


@dataclass(frozen=True)
class HostCompiler:
    """A compiler that keeps every object and every program in the artifact cache.

    Attributes
    ----------
    checked
        Whether undefined behaviour ends the program.
    """

    cache: ArtifactCache
    checked: bool = False

    @property
    def flags(self) -> tuple[str, ...]:
        return _FLAGS + (_CHECKED if self.checked else _UNCHECKED)

    def compile(
        self,
        source: Path,
        *,
        include: Sequence[Path] = (),
        optimized: bool = True,
        strict: bool = True,
    ) -> Path:
        """Return the object file of a source.

        Parameters
        ----------
        include
            Directories of headers besides the project's.
        strict
            Whether warnings are errors.

        Raises
        ------
        ToolFailed
            With the compiler's messages.
        """
        tool = zig(self.cache)
        warnings = ("-Werror",) if strict else ()
        flags = (*self.flags, *warnings, "-O2" if optimized else "-O0")
        directories = [*include_directories(), *include]
        ours = [path for folder in include_directories() for path in sorted(folder.rglob("*.h"))]
        tools = (tool.identity, wheel_version("xmos-ai-tools"))

        def key() -> str:
            return digest(tools, flags, source, included_files(source, include), ours)

        def produce(directory: Path) -> None:
            run_tool(
                tool,
                [
                    "c++",
                    *flags,
                    *(f"-I{path}" for path in directories),
                    *(f"-isystem{path}" for path in system_include_directories()),
                    "-c",
                    source,
                    "-o",
                    directory / "object.o",
                ],
                what=f"compiling `{source.name}` for the host",
            )

        return self.cache.build("host-object", key, produce) / "object.o"

    def link(self, objects: Sequence[Path], *, data: Path | None = None) -> Path:
        """Return the program of some objects.

        Parameters
        ----------
        data
            Directory whose assembler files are linked too, from within a copy of it.

        Raises
        ------
        ToolFailed
            With the linker's messages.
        """
        tool = zig(self.cache)
        files = sorted(data.iterdir()) if data is not None else []
        key = digest(tool.identity, self.flags, list(objects), [path.name for path in files], files)

        def produce(directory: Path) -> None:
            for path in files:
                shutil.copy(path, directory)
            assembly = [path.name for path in files if path.suffix == ".S"]
            run_tool(
                tool,
                ["cc", *_TARGET, "-s", *objects, *assembly, "-o", "program"],
                cwd=directory,
                what="linking a program for the host",
            )

        return self.cache.build("host-program", key, produce) / "program"
