from __future__ import annotations

from pathlib import Path

import pytest
from elftools.elf.elffile import ELFFile

from firmware.compiler import check_compiler, compiler_names, find_compiler
from toolchain import ArtifactCache, PlaygroundError, ToolMissing

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


def _size(reference: str, directory: Path) -> int:
    compiler = find_compiler(reference, isa="rv32im", cache=ArtifactCache.default())
    source, target = directory / "program.cc", directory / "program.o"
    source.write_text(
        "static_assert(TILE == 4);\n"
        "int Sum(const int (&a)[20]) {\n"
        "  int sum = 0;\n"
        "  for (int i = 0; i < 20; ++i) sum += a[i] * i;\n"
        "  return sum;\n"
        "}\n"
    )
    compiler.compile(source, target, extra_flags=(), what="trying")
    with target.open("rb") as file:
        return sum(
            section.data_size
            for section in ELFFile(file).iter_sections()
            if section.name.startswith(".text")
        )


def test_flags_are_added_and_decide_the_code(tmp_path: Path) -> None:
    plain = _size("zig:-DTILE=4", tmp_path)
    assert _size("zig:-O3,-O2,-DTILE=4", tmp_path) == plain  # the last level counts
    assert _size("zig:-O1,-DTILE=4", tmp_path) < plain
    assert _size("zig:-fno-unroll-loops,-DTILE=4", tmp_path) < plain
    compiler = find_compiler("zig:-O3,-DTILE=4", isa="rv32im", cache=ArtifactCache.default())
    assert compiler.added_flags == ("-O3", "-DTILE=4")
    assert compiler.flags_description.endswith("-fno-threadsafe-statics")
    assert "-Xclang -O3 -DTILE=4" in compiler.flags_description
    last = find_compiler("zig:-O3,-DX,-O1,-DX", isa="rv32im", cache=ArtifactCache.default())
    assert "-Xclang -O3 -Xclang -O1 -DX" in last.flags_description


@pytest.mark.parametrize(
    ("reference", "message"),
    [
        ("clang", "there is no compiler `clang`"),
        ("zig:", "a compiler's name is followed by no flag"),
        ("zig:O3", "`O3` in the compiler's flags `O3` is none"),
        ("zig:-O3,-o,x", "`-o` in the compiler's flags `-O3,-o,x` is none"),
        ("zig:-include=/etc/passwd", "`-include=/etc/passwd` in the compiler's flags"),
        ("zig:-O4", "`-O4` in the compiler's flags"),
        ("zig:-DX Y", "`-DX Y` in the compiler's flags"),
        ("zig:-march=rv32imc", "`-march=rv32imc` is decided by the CPU"),
        ("gcc:-mabi=ilp32f", "`-mabi=ilp32f` is decided by the CPU"),
        ("gcc:-flto", "firmware cannot be compiled with `-flto`"),
        ("zig:-fsanitize=address", "firmware cannot be compiled with `-fsanitize=address`"),
    ],
)
def test_flags_that_cannot_be_given_are_refused(reference: str, message: str) -> None:
    with pytest.raises(PlaygroundError) as caught:
        check_compiler(reference)
    assert caught.value.message.startswith(message)
    assert caught.value.hint
