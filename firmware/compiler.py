"""C++ compilers for the RISC-V target."""

from __future__ import annotations

__all__ = ["Compiler", "check_compiler", "compiler_names", "find_compiler", "foreign_version"]

import itertools
import re
import shutil
import subprocess
from dataclasses import dataclass, replace
from pathlib import Path

from firmware.compiler_flags import is_level, read_flags
from toolchain import (
    ArtifactCache,
    PlaygroundError,
    Tool,
    ToolMissing,
    run_tool,
    wheel_directory,
    zig,
)

_COMMON_FLAGS = (
    "-mabi=ilp32",
    "-O2",
    "-fomit-frame-pointer",
    "-DNDEBUG",
    "-ffunction-sections",
    "-fdata-sections",
    "-fno-stack-protector",
)
_CXX_FLAGS = (
    "-std=c++17",
    "-fno-exceptions",
    "-fno-rtti",
    "-fno-threadsafe-statics",
    "-Wall",
    "-Wextra",
)
_GCC_PREFIXES = (
    "riscv32-unknown-elf-",
    "riscv64-unknown-elf-",
    "riscv-none-elf-",
    "riscv32-none-elf-",
)


@dataclass(frozen=True)
class Compiler:
    """A compiler, its flags, and how it is asked for things.

    Attributes
    ----------
    name
        "zig" (clang) or "gcc".
    driver, linker
        The programs that compile C++ and assembler, and that link.
    target_flags, link_target_flags
        Choose the target when compiling and when linking.
    flags
        Optimization and code generation, for every language.
    cxx_flags
        For C++ only.
    link_flags
        When linking: no start-up files, and the libraries that compiled code calls.
    added_flags
        Those of `flags` that were asked for.
    """

    name: str
    driver: Tool
    linker: Tool
    target_flags: tuple[str, ...]
    link_target_flags: tuple[str, ...]
    flags: tuple[str, ...]
    cxx_flags: tuple[str, ...]
    link_flags: tuple[str, ...]
    added_flags: tuple[str, ...] = ()

    @property
    def flags_description(self) -> str:
        """Every flag that decides the generated code."""
        flags = (*self.target_flags, *self.flags, *self.cxx_flags)
        # Where headers are is no part of it, nor are warnings.
        paths = {
            i for i, flag in enumerate(flags[1:], 1) if flags[i - 1] in ("-isystem", "-idirafter")
        }
        left_out = ("-W", "-isystem", "-idirafter", "-nostdinc")
        kept = [f for i, f in enumerate(flags) if i not in paths and not f.startswith(left_out)]
        paired = re.findall(r"-Xclang \S+|\S+", " ".join(kept))
        return " ".join(reversed(dict.fromkeys(reversed(paired))))  # of equal ones the last counts

    def compile(
        self, source: Path, target: Path, *, extra_flags: tuple[str, ...], what: str
    ) -> None:
        """Compile one C++ or assembler file to an object.

        Raises
        ------
        ToolFailed
            With the compiler's own message.
        """
        language = self.cxx_flags if source.suffix != ".S" else ()
        run_tool(
            self.driver,
            [*self.target_flags, *self.flags, *language, *extra_flags, "-c", source, "-o", target],
            what=what,
        )

    def link(self, objects: tuple[Path, ...], script: Path, target: Path) -> None:
        """Link objects into an ELF by a linker script.

        Raises
        ------
        ToolFailed
            With the linker's own message.
        """
        run_tool(
            self.linker,
            [
                *self.link_target_flags,
                "-static",
                "-Wl,--gc-sections",
                f"-Wl,-T,{script}",
                *objects,
                *self.link_flags,
                "-o",
                target,
            ],
            what="linking the firmware",
        )


def compiler_names() -> tuple[str, ...]:
    """Return the names that `find_compiler` takes."""
    return ("zig", "gcc")


def check_compiler(reference: str) -> None:
    """Refuse what `find_compiler` would, as far as can be told without looking for the compiler.

    Raises
    ------
    PlaygroundError
        If there is no such compiler, or flags cannot be given to it.
    """
    _read_reference(reference)


def _read_reference(reference: str) -> tuple[str, tuple[str, ...]]:
    name, colon, flags = reference.partition(":")
    if name not in compiler_names():
        raise PlaygroundError(
            f"there is no compiler `{name}`", hint=f"compilers: {', '.join(compiler_names())}"
        )
    return name, read_flags(flags) if colon else ()


def find_compiler(reference: str, *, isa: str, cache: ArtifactCache) -> Compiler:
    """Return a compiler by its name.

    Parameters
    ----------
    reference
        "zig" or "gcc"; the latter is any bare-metal RISC-V GCC on PATH. After a colon come flags
        to add: "zig:-O3,-funroll-loops".
    isa
        "rv32i", "rv32im" or "rv32i_zmmul".

    Raises
    ------
    ToolMissing
        If it is not installed.
    PlaygroundError
        If there is no such compiler, or flags cannot be given to it.
    """
    name, added = _read_reference(reference)
    if name == "gcc":
        found = _gcc_compiler(isa)
        return replace(found, flags=(*found.flags, *added), added_flags=added)
    found = _zig_compiler(isa, cache)
    # Zig takes all levels but those of size for -O2; the compiler in it knows each.
    told = (("-Xclang", flag) if is_level(flag) else (flag,) for flag in added)
    return replace(found, flags=(*found.flags, *itertools.chain(*told)), added_flags=added)


def _zig_compiler(isa: str, cache: ArtifactCache) -> Compiler:
    zig_tool = zig(cache)
    driver, linker = (
        replace(zig_tool, name="clang (zig)", command=(*zig_tool.command, mode))
        for mode in ("c++", "cc")
    )
    base, _, named = isa.removeprefix("rv32i").partition("_")
    cpu = "+".join(("-mcpu=generic_rv32", *base, *named.split("_"))).rstrip("+")
    return Compiler(
        name="zig",
        driver=driver,
        linker=linker,
        # The Linux target is used for its headers and libc++ only.
        target_flags=("-target", "riscv32-linux-musl", cpu),
        link_target_flags=("-target", "riscv32-freestanding-none", cpu, "-mabi=ilp32"),
        flags=("-fno-sanitize=all", *_COMMON_FLAGS),
        cxx_flags=_CXX_FLAGS,
        link_flags=("-nostartfiles",),  # compiler-rt comes by itself
    )


def foreign_version(reference: str) -> str | None:
    """Return the version of a compiler that does not come along, None of one that does.

    Raises
    ------
    ToolMissing
        If it is not installed.
    """
    name, _ = _read_reference(reference)
    return _ask(_gcc_program(), "-dumpfullversion") if name == "gcc" else None


def _gcc_program() -> str:
    for prefix in _GCC_PREFIXES:
        program = shutil.which(f"{prefix}g++")
        if program is not None:
            return program
    raise ToolMissing(
        "there is no RISC-V GCC on PATH",
        hint=f"looked for {', '.join(f'`{p}g++`' for p in _GCC_PREFIXES)}; "
        "the default compiler `zig` needs no installation",
    )


def _gcc_compiler(isa: str) -> Compiler:
    program = _gcc_program()
    version = _ask(program, "-dumpfullversion")
    without_division: tuple[str, ...] = ()
    library_isa = isa
    if isa == "rv32i_zmmul":
        # GCC knows the name only from version 13 on, and distributions have no libraries for it.
        isa, library_isa, without_division = "rv32im", "rv32i", ("-mno-div",)
    library_target = (f"-march={library_isa}", "-mabi=ilp32")  # told apart by this much
    driver = Tool("gcc", (program,), version)
    return Compiler(
        name="gcc",
        driver=driver,
        linker=driver,
        target_flags=(f"-march={isa}_zicsr", "-mabi=ilp32", *without_division),
        link_target_flags=library_target,
        flags=_COMMON_FLAGS,
        cxx_flags=(*_CXX_FLAGS, *_gcc_headers(program, version)),
        link_flags=("-nostdlib", *_gcc_libraries(program, library_target)),
    )


def _gcc_headers(program: str, version: str) -> tuple[str, ...]:
    """Return the flags by which a bare-metal GCC finds the C and C++ headers.

    Distributions often ship it without any. Only declarations and templates are needed, so the C++
    headers of a host GCC of the same generation serve, and the C headers of the Zig wheel, which
    the default compiler uses too.

    Raises
    ------
    ToolMissing
        If there are no C++ headers that fit.
    """
    probe = subprocess.run(
        [program, "-xc++", "-fsyntax-only", "-include", "algorithm", "/dev/null"],
        capture_output=True,
        check=False,
    )
    if probe.returncode == 0:
        return ()
    generation = version.partition(".")[0]
    headers = Path("/usr/include/c++") / generation
    configurations = sorted(Path("/usr/include").glob(f"*-linux-gnu/c++/{generation}"))
    if not headers.is_dir() or not configurations:
        raise ToolMissing(
            f"`{program}` has no C++ headers",
            hint=f"install a RISC-V GCC with newlib, or the host's libstdc++-{generation}-dev; "
            "the default compiler `zig` needs no installation",
        )
    c_headers = wheel_directory("ziglang") / "lib" / "libc" / "include"
    before = (Path(__file__).with_name("bare_metal"), headers, configurations[0])
    after = (
        c_headers / name for name in ("riscv32-linux-musl", "riscv-linux-musl", "generic-musl")
    )
    return (
        "-nostdinc++",
        *(flag for directory in before for flag in ("-isystem", str(directory))),
        *(flag for directory in after for flag in ("-idirafter", str(directory))),
    )


def _gcc_libraries(program: str, target: tuple[str, ...]) -> tuple[str, ...]:
    """Return the libraries to link: the compiler's own, and the mathematical one if any."""
    paths = (_ask(program, *target, f"-print-file-name={name}") for name in ("libm.a", "libgcc.a"))
    return tuple(path for path in paths if Path(path).is_absolute())


def _ask(program: str, *question: str) -> str:
    return run_tool(Tool("gcc", (program,), ""), question, what="asked about itself").strip()
