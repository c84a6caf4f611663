"""The generated header, compiled for the target and for the host."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest
from elftools.elf.elffile import ELFFile

from gateware import CfuSpec, InstructionSpec, Latency, intrinsics_header, load_cfu
from toolchain import Tool, run_tool, zig

_ONE = Latency.fixed(1)
_SPEC = CfuSpec(
    "it",
    (
        InstructionSpec("both", 5, 99, _ONE, summary="Uses both"),
        InstructionSpec("one", 7, 127, _ONE, operands=("x",)),
        InstructionSpec("none", 0, 1, _ONE, operands=()),
        InstructionSpec("nothing", 3, 0, _ONE, operands=("x", "y"), has_result=False),
    ),
)
_CALLS = """
#include "cfu.h"
extern "C" {
uint32_t call_both(uint32_t a, uint32_t b) { return cfu::both(a, b); }
uint32_t call_one(uint32_t a) { return cfu::one(a); }
uint32_t call_none() { return cfu::none(); }
void call_nothing(uint32_t a, uint32_t b) { cfu::nothing(a, b); }
uint32_t call_op(uint32_t a, uint32_t b) { return cfu::op<1, 2>(a, b); }
void call_twice() { cfu::none(); cfu::none(); }
}
"""
_WARNINGS = ("-std=c++17", "-O2", "-Wall", "-Wextra", "-Werror", "-fno-sanitize=all")
_TARGET = ("-target", "riscv32-linux-musl", "-mcpu=generic_rv32+m", "-mabi=ilp32")


@pytest.fixture(scope="module")
def target_code(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[int]]:
    """Return the instruction words of each function compiled for the target."""
    directory = tmp_path_factory.mktemp("target")
    (directory / "cfu.h").write_text(intrinsics_header(_SPEC))
    (directory / "calls.cc").write_text(_CALLS)
    arguments = ["c++", *_TARGET, *_WARNINGS, "-ffunction-sections", "-c", "calls.cc", "-o", "o.o"]
    run_tool(zig(), arguments, cwd=directory, what="compiling the header")
    with (directory / "o.o").open("rb") as file:
        sections = {s.name: s.data() for s in ELFFile(file).iter_sections()}
    return {
        name.removeprefix(".text.call_"): [word for (word,) in struct.iter_unpack("<I", data)]
        for name, data in sections.items()
        if name.startswith(".text.call_")
    }


@pytest.mark.parametrize(
    ("function", "funct3", "funct7", "rs1", "rs2"),
    [
        ("both", 5, 99, 10, 11),
        ("one", 7, 127, 10, None),
        ("none", 0, 1, None, None),
        ("nothing", 3, 0, 10, 11),
        ("op", 1, 2, 10, 11),
    ],
)
def test_a_function_is_one_r_type_instruction(
    target_code: dict[str, list[int]],
    function: str,
    funct3: int,
    funct7: int,
    rs1: int | None,
    rs2: int | None,
) -> None:
    custom_0 = [word for word in target_code[function] if word & 0x7F == 0x0B]
    assert len(custom_0) == 1
    (word,) = custom_0
    assert word >> 25 == funct7
    assert word >> 12 & 7 == funct3
    assert rs1 is None or word >> 15 & 31 == rs1
    assert rs2 is None or word >> 20 & 31 == rs2
    if function != "nothing":
        assert word >> 7 & 31 == 10


def test_an_unused_result_does_not_remove_the_instruction(
    target_code: dict[str, list[int]],
) -> None:
    assert sum(word & 0x7F == 0x0B for word in target_code["twice"]) == 2


def test_on_the_host_a_function_calls_what_the_program_defines(tmp_path: Path) -> None:
    (tmp_path / "cfu.h").write_text(intrinsics_header(_SPEC))
    (tmp_path / "main.cc").write_text(
        '#include "cfu.h"\n#include <cstdio>\n'
        "uint32_t cfu_op_host(uint32_t id, uint32_t a, uint32_t b) {\n"
        '  std::printf("%u %u %u\\n", id, a, b);\n  return id + a + b;\n}\n'
        "int main() {\n"
        "  const uint32_t sum = cfu::both(1, 2) + cfu::one(3) + cfu::none();\n"
        "  cfu::nothing(4, 5);\n"
        '  std::printf("%u\\n", sum);\n}\n'
    )
    run_tool(zig(), ["c++", *_WARNINGS, "main.cc", "-o", "main"], cwd=tmp_path, what="compiling")
    program = Tool("the program", (str(tmp_path / "main"),), version="")
    both, one, none, nothing = (i.function_id for i in _SPEC.instructions)
    assert run_tool(program, [], what="running").split("\n") == [
        f"{both} 1 2",
        f"{one} 3 0",
        f"{none} 0 0",
        f"{nothing} 4 5",
        f"{both + 3 + one + 3 + none}",
        "",
    ]


@pytest.mark.parametrize("reference", ["none", "simd_mac"])
def test_headers_of_shipped_cfus_compile(tmp_path: Path, reference: str) -> None:
    spec = load_cfu(reference, directory=tmp_path).spec
    (tmp_path / "cfu.h").write_text(intrinsics_header(spec))
    (tmp_path / "use.cc").write_text('#include "cfu.h"\n')
    arguments = ["c++", *_TARGET, *_WARNINGS, "-c", "use.cc", "-o", "o.o"]
    run_tool(zig(), arguments, cwd=tmp_path, what="compiling the header")


def test_a_summary_cannot_break_the_header() -> None:
    spec = CfuSpec("it", (InstructionSpec("a", 0, 0, _ONE, summary="Two\nlines \\"),))
    assert "// Two lines \n" in intrinsics_header(spec).replace("lines\n", "lines \n")


def test_constants() -> None:
    spec = CfuSpec("sized", (), (("units", 8), ("input_bytes", -1)))
    header = intrinsics_header(spec)
    assert "constexpr int kUnits = 8;\nconstexpr int kInputBytes = -1;\n" in header


@pytest.mark.parametrize(
    ("constant", "said"),
    [(("Units", 1), "`Units` cannot name a constant"), (("units", 2**31), "which is no int32")],
)
def test_impossible_constants(constant: tuple[str, int], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        CfuSpec("sized", (), (constant,))
