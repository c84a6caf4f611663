"""Descriptions of instructions."""

from __future__ import annotations

import pytest

from gateware import CfuPorts, CfuSpec, InstructionSpec, Latency

_ONE = Latency.fixed(1)


@pytest.mark.parametrize("name", ["Mac", "4mac", "mac-4", "", "while", "op", "assert", "mac\n"])
def test_a_name_must_do_for_a_cpp_function(name: str) -> None:
    with pytest.raises(ValueError, match="cannot name a C\\+\\+ function"):
        InstructionSpec(name, 0, 0, _ONE)


@pytest.mark.parametrize(
    ("operands", "message"),
    [
        (("a", "b", "c"), "at most two operands"),
        (("a", "a"), "of different names"),
        (("mac",), "operand of its own name"),
        (("int",), "`int` cannot name"),
    ],
)
def test_operands_must_do_for_parameters(operands: tuple[str, ...], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        InstructionSpec("mac", 0, 0, _ONE, operands=operands)


def test_a_field_out_of_range_is_rejected() -> None:
    with pytest.raises(ValueError, match="funct7 must be an integer from 0 to 127, not 200"):
        InstructionSpec("mac", 0, 200, _ONE)


def test_instructions_are_found_by_function_id() -> None:
    mac = InstructionSpec("mac", 1, 2, _ONE)
    spec = CfuSpec("it", (InstructionSpec("other", 0, 0, _ONE), mac))
    assert spec.find(2 << 3 | 1) is mac
    assert spec.find(3) is None


def test_equal_opcodes_are_rejected() -> None:
    with pytest.raises(ValueError, match="`a` and `b` have the same opcode"):
        CfuSpec("it", (InstructionSpec("a", 1, 2, _ONE), InstructionSpec("b", 1, 2, _ONE)))


@pytest.mark.parametrize("name", ["", "two\nlines"])
def test_a_name_is_one_line_of_text(name: str) -> None:
    with pytest.raises(ValueError, match="a CFU's name must be one line of text"):
        CfuSpec(name, ())


@pytest.mark.parametrize("size_bytes", [8, 1000, -16])
def test_a_scratchpad_has_a_power_of_two_bytes(size_bytes: int) -> None:
    with pytest.raises(ValueError, match=f"a scratchpad of {size_bytes} bytes is none"):
        CfuSpec("it", (), scratchpad_bytes=size_bytes)


def test_ports_are_what_a_soc_is_built_for() -> None:
    assert CfuSpec("it", ()).ports == CfuPorts()
    spec = CfuSpec("it", (), memory_port=True, scratchpad_bytes=64)
    assert spec.ports == CfuPorts(memory=True, scratchpad_bytes=64)
