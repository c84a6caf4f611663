"""LiteX's BIOS, compiled with nothing but wheels.

LiteX compiles it with Make and Meson; here the same sources are handed to the compiler directly.
Of the C library, which is picolibc, only the files that the BIOS calls are compiled.
"""

from __future__ import annotations

__all__ = ["build_bios"]

import os
import zlib
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from elftools.elf.elffile import ELFFile

from toolchain import (
    ArtifactCache,
    PlaygroundError,
    digest,
    run_tool,
    wheel_directory,
    wheel_version,
    zig,
)

_BIOS_SOURCES = (
    "boot.c",
    "complete.c",
    "helpers.c",
    "main.c",
    "readline.c",
    "cmds/cmd_bios.c",
    "cmds/cmd_boot.c",
    "cmds/cmd_litedram.c",
    "cmds/cmd_mem.c",
    "cmds/cmd_spiflash.c",
)
_LIBRARY_SOURCES = (
    "libbase/crc16.c",
    "libbase/crc32.c",
    "libbase/isr.c",
    "libbase/memtest.c",
    "libbase/progress.c",
    "libbase/system.c",
    "libbase/uart.c",
    "libc/stdio.c",
    "liblitedram/accessors.c",
    "liblitedram/bist.c",
    "liblitedram/sdram.c",
    "liblitedram/sdram_dbg.c",
    "liblitedram/utils.c",
    "liblitespi/spiflash.c",
)
_CPU_SOURCES = ("boot-helper.S", "crt0.S")
_C_LIBRARY_SOURCES = (
    "ctype/ctype_.c",
    "ctype/isdigit.c",
    "ctype/isprint.c",
    "ctype/isspace.c",
    "ctype/tolower.c",
    "errno/errno.c",
    "string/memcmp.c",
    "string/memcpy.c",
    "string/memmove.c",
    "string/memset.c",
    "string/strcmp.c",
    "string/strcpy.c",
    "string/strlen.c",
    "string/strncmp.c",
    "string/strncpy.c",
    "string/strnlen.c",
    "tinystdio/fgetc.c",
    "tinystdio/fputc.c",
    "tinystdio/fputs.c",
    "tinystdio/getchar.c",
    "tinystdio/printf.c",
    "tinystdio/putchar.c",
    "tinystdio/puts.c",
    "tinystdio/strtol.c",
    "tinystdio/strtoul.c",
    "tinystdio/strtoull.c",
    "tinystdio/vfiprintf.c",
)
# What Meson would write for LiteX's options: stdio without files, locks, threads or floats.
_PICOLIBC_H = """\
#pragma once
#define NEWLIB_GLOBAL_ERRNO
#define PREFER_SIZE_OVER_SPEED
#define TINY_STDIO
#define _HAVE_ALIAS_ATTRIBUTE
#define _WANT_IO_LONG_LONG
#define __PICOLIBC__ 1
#define __PICOLIBC_MINOR__ 7
#define __PICOLIBC_VERSION__ "1.7"
"""
_FLAGS = (
    "-std=gnu99",
    "-Os",
    "-mabi=ilp32",
    "-ffunction-sections",
    "-fdata-sections",
    "-fno-builtin",
    "-fno-pic",
    "-fno-sanitize=all",
    "-fno-stack-protector",
    "-fomit-frame-pointer",
    "-Wno-everything",  # sources that are not ours to mend
    "-D__vexriscv__",
    "-DFORMAT_DEFAULT_INTEGER",  # of picolibc: `printf` without floats
    "-DCONFIG_BIOS_NO_BUILD_TIME",  # the same sources make the same BIOS
)
_ROM = "rom"


def build_bios(headers: Path, *, isa: str, rom_bytes: int, cache: ArtifactCache) -> Path:
    """Return LiteX's BIOS for the SoC that headers describe, compiled if it is not in the cache.

    Parameters
    ----------
    headers
        Directory that `soc.bios_headers.write_software_headers` filled.
    isa
        What the CPU executes, such as "rv32im".
    rom_bytes
        Size of the ROM.

    Returns
    -------
    pathlib.Path
        Raw bytes for the beginning of the ROM, with LiteX's checksum at the end.

    Raises
    ------
    PlaygroundError
        If it does not fit the ROM.
    ToolFailed
        If it does not compile, with the compiler's message.
    """
    found = sorted(path for path in headers.iterdir() if path.is_file())
    key = digest(
        {path.name: path for path in found},
        isa,
        zig(cache).identity,
        wheel_version("litex"),
        wheel_version("pythondata-software-picolibc"),
        Path(__file__),
    )

    def produce(directory: Path) -> None:
        work = directory / "work"
        generated = work / "include" / "generated"
        generated.mkdir(parents=True)
        for path in found:
            (generated / path.name).write_bytes(path.read_bytes())
        (generated / "output_format.ld").write_text('OUTPUT_FORMAT("elf32-littleriscv")\n')
        (work / "include" / "picolibc.h").write_text(_PICOLIBC_H)
        _Build(work, isa, cache).link(work / "bios.elf")
        (directory / "bios.bin").write_bytes(_with_checksum(_flat_image(work / "bios.elf")))
        for path in sorted(work.rglob("*"), reverse=True):
            path.rmdir() if path.is_dir() else path.unlink()
        work.rmdir()

    image = cache.build("bios", key, produce) / "bios.bin"
    needed = image.stat().st_size
    if needed > rom_bytes:
        raise PlaygroundError(
            f"LiteX's BIOS needs {needed:,} bytes of memory `{_ROM}`, which has {rom_bytes:,}",
            hint="give the board a larger ROM",
        )
    return image


class _Build:
    """One compilation of the BIOS in a directory of its own."""

    def __init__(self, work: Path, isa: str, cache: ArtifactCache) -> None:
        self._work = work
        self._zig = zig(cache)
        self._soc = wheel_directory("litex") / "soc"
        self._cpu = self._soc / "cores" / "cpu" / "vexriscv"
        base, _, named = isa.removeprefix("rv32i").partition("_")
        cpu = "+".join(("-mcpu=generic_rv32", *base, *named.split("_"))).rstrip("+")
        self._target = ("-target", "riscv32-freestanding-none", cpu)

    def link(self, target: Path) -> None:
        """Compile everything and link it to an ELF file."""
        script = self._soc / "software" / "bios" / "linker.ld"
        run_tool(
            self._zig,
            [
                "cc",
                *self._target,
                "-mabi=ilp32",
                "-static",
                "-nostartfiles",
                "-nostdlib",
                "-Wl,--gc-sections",
                "-Wl,--build-id=none",
                "-L.",
                f"-Wl,-T,{script}",
                *self._objects(),
                *self._compiler_library(),
                "-o",
                target,
            ],
            cwd=self._work / "include",
            what="linking LiteX's BIOS",
        )

    def _objects(self) -> Sequence[Path]:
        software = self._soc / "software"
        library = wheel_directory("pythondata_software_picolibc") / "data" / "newlib" / "libc"
        sources = [
            *(self._cpu / name for name in _CPU_SOURCES),
            *(software / "bios" / name for name in _BIOS_SOURCES),
            *(software / name for name in _LIBRARY_SOURCES),
            *(library / name for name in _C_LIBRARY_SOURCES),
        ]
        include = (
            self._work / "include",
            library / "tinystdio",
            library / "include",
            software / "libbase",
            software / "include",
            software,
            self._cpu,
        )
        flags = [flag for directory in include for flag in ("-I", str(directory))]

        def compile_one(numbered: tuple[int, Path]) -> Path:
            number, source = numbered
            # The linker script knows the start-up code by the name of its object.
            target = self._work / f"{number:02}-{source.stem}.o"
            run_tool(
                self._zig,
                ["cc", *self._target, *_FLAGS, *flags, "-c", source, "-o", target],
                what=f"compiling `{source.name}` of LiteX's BIOS",
            )
            return target

        with ThreadPoolExecutor(max_workers=os.cpu_count() or 1) as pool:
            return tuple(pool.map(compile_one, enumerate(sources)))

    def _compiler_library(self) -> tuple[str, ...]:
        return ("-lcompiler_rt",)


def _flat_image(elf: Path) -> bytes:
    """Return what the ROM holds: the loaded segments at the addresses they are loaded at."""
    with elf.open("rb") as file:
        segments = [s for s in ELFFile(file).iter_segments("PT_LOAD") if s["p_filesz"] > 0]
        begin = min(segment["p_paddr"] for segment in segments)
        image = bytearray()
        for segment in sorted(segments, key=lambda s: int(s["p_paddr"])):
            image += bytes(segment["p_paddr"] - begin - len(image))
            image += segment.data()
    return bytes(image)


def _with_checksum(image: bytes) -> bytes:
    """Append the CRC-32 that the BIOS compares itself with when it starts."""
    return image + zlib.crc32(image).to_bytes(4, "little")
