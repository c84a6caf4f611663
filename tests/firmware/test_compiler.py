from __future__ import annotations

from pathlib import Path

import pytest
from elftools.elf.elffile import ELFFile

from firmware.compiler import compiler_names, find_compiler
from toolchain import ArtifactCache, ToolMissing

_SOURCE = """\
unsigned Product(unsigned a, unsigned b) { return a * b; }
unsigned Quotient(unsigned a, unsigned b) { return a / b; }
unsigned long long WideQuotient(unsigned long long a, unsigned long long b) { return a / b; }
extern "C" void _start() {
  volatile unsigned a = 7;
  a = Product(a, a) + Quotient(a, a) + static_cast<unsigned>(WideQuotient(a, a));
  for (;;) {}
}
"""
_SCRIPT = "ENTRY(_start) SECTIONS { .text 0 : { *(.text*) } .data : { *(.*data*) *(.*bss*) } }"


def _operations(program: Path) -> set[tuple[int, int]]:
    """Return (funct7, funct3) of the register operations in an ELF."""
    with program.open("rb") as file:
        image = ELFFile(file).get_section_by_name(".text").data()
    words = (int.from_bytes(image[at : at + 4], "little") for at in range(0, len(image) - 3, 4))
    return {(word >> 25, word >> 12 & 7) for word in words if word & 0x7F == 0x33}


@pytest.mark.parametrize("name", compiler_names())
@pytest.mark.parametrize(
    ("isa", "multiplies", "divides"),
    [("rv32i", False, False), ("rv32i_zmmul", True, False), ("rv32im", True, True)],
)
def test_programs_use_the_arithmetic_that_there_is(
    name: str, isa: str, multiplies: bool, divides: bool, tmp_path: Path
) -> None:
    try:
        compiler = find_compiler(name, isa=isa, cache=ArtifactCache.default())
    except ToolMissing:
        assert name == "gcc"  # the only one that does not come along
        return
    source, script = tmp_path / "program.cc", tmp_path / "link.ld"
    source.write_text(_SOURCE)
    script.write_text(_SCRIPT)
    compiler.compile(source, tmp_path / "program.o", extra_flags=("-fno-inline",), what="trying")
    compiler.link((tmp_path / "program.o",), script, tmp_path / "program.elf")
    used = {key for key in _operations(tmp_path / "program.elf") if key[0] == 1}
    assert any(funct3 < 4 for _, funct3 in used) is multiplies
    assert any(funct3 >= 4 for _, funct3 in used) is divides
