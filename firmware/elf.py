"""What the flow reads from a firmware's ELF file."""

from __future__ import annotations

__all__ = ["Elf", "Function", "Section", "read_elf"]

import bisect
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import itanium_demangler
from elftools.elf.elffile import ELFFile


@dataclass(frozen=True)
class Function:
    """A function's place in memory."""

    address: int
    bytes: int
    name: str


@dataclass(frozen=True)
class Section:
    """A section's place in memory when the program runs."""

    address: int
    bytes: int


@dataclass(frozen=True)
class Elf:
    """An executable's layout.

    Attributes
    ----------
    sections
        Each section that takes memory on the target, by name.
    symbols
        Address of each global symbol.
    functions
        Functions by ascending address, names demangled.
    load_address
        Of the first byte of `program`.
    program
        Code and initialized data as they are loaded.
    """

    sections: Mapping[str, Section]
    symbols: Mapping[str, int]
    functions: tuple[Function, ...]
    load_address: int
    program: bytes = field(repr=False)

    def function_at(self, address: int) -> str | None:
        """Return the name of the function that an address is in."""
        index = bisect.bisect_right(self.functions, address, key=lambda f: f.address) - 1
        if index < 0:
            return None
        function = self.functions[index]
        return function.name if address < function.address + max(function.bytes, 4) else None


def read_elf(path: Path) -> Elf:
    """Read an ELF file that this project linked."""
    with path.open("rb") as file:
        elf = ELFFile(file)
        sections = {
            section.name: Section(section["sh_addr"], section["sh_size"])
            for section in elf.iter_sections()
            if section["sh_flags"] & 2 and section["sh_size"]
        }
        symbols: list[Any] = list(elf.get_section_by_name(".symtab").iter_symbols())  # type: ignore[union-attr]
        functions = sorted(
            (
                Function(symbol["st_value"], symbol["st_size"], _demangle(symbol.name))
                for symbol in symbols
                if symbol["st_info"]["type"] == "STT_FUNC" and symbol.name
            ),
            key=lambda function: function.address,
        )
        segments = [
            (segment["p_paddr"], segment.data())
            for segment in elf.iter_segments("PT_LOAD")
            if segment["p_filesz"]
        ]
    load_address = min(address for address, _ in segments)
    program = bytearray(max(address + len(data) for address, data in segments) - load_address)
    for address, data in segments:
        program[address - load_address : address - load_address + len(data)] = data
    return Elf(
        sections=sections,
        symbols={s.name: s["st_value"] for s in symbols if s["st_info"]["bind"] == "STB_GLOBAL"},
        functions=tuple(functions),
        load_address=load_address,
        program=bytes(program),
    )


def _demangle(name: str) -> str:
    """Return a function's qualified name without its arguments, as its author would write it."""
    mangled = name.partition(".")[0]  # GCC tells a function's clones apart by ".isra.0" and such
    try:
        parsed = itanium_demangler.parse(mangled)
    except NotImplementedError:
        return _qualified_name(mangled) or name
    if parsed is None:
        return name
    while parsed.kind == "func":
        parsed = parsed.name
    while parsed.kind == "cv_qual":
        parsed = parsed.value
    return str(parsed).replace("_GLOBAL__N_1::", "")


def _qualified_name(mangled: str) -> str:
    """Return as much of a nested name as is plain, without template arguments; "" if nothing is."""
    parts = []
    position = len("_ZN") if mangled.startswith("_ZN") else len(mangled)
    while (length := re.match(r"[1-9][0-9]*", mangled[position:])) is not None:
        begin = position + length.end()
        position = begin + int(length[0])
        parts.append(mangled[begin:position])
    return "::".join(parts).replace("_GLOBAL__N_1::", "")
