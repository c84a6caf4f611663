"""What an instruction may be made of."""

from __future__ import annotations

import re

import pytest
from amaranth.hdl import Module, ValueLike

from gateware import Instruction, Latency, Opcode
from gateware.export import cfu_verilog
from tests.gateware.samples import Xor, one_instruction
from toolchain import PlaygroundError


class _Nothing(Instruction):
    """Neither hardware nor model."""


def _nothing() -> Instruction:
    return _Nothing("nothing", Opcode(0), latency=Latency.fixed(1))


def test_an_instruction_without_hardware_says_so() -> None:
    message = "instruction `nothing` has neither compute\\(\\) nor elaborate\\(\\)"
    with pytest.raises(PlaygroundError, match=message):
        cfu_verilog(one_instruction(_nothing()))


def test_an_instruction_without_model_says_so() -> None:
    model = one_instruction(_nothing()).model()
    with pytest.raises(NotImplementedError, match="`nothing` has no model"):
        model.execute(0, 1, 2)


class _Text(Instruction):
    def compute(self, m: Module, in0: ValueLike, in1: ValueLike) -> ValueLike:
        return "no value"  # type: ignore[return-value]


def test_what_is_no_value_is_told_by_the_line_of_compute() -> None:
    line = _Text.compute.__code__.co_firstlineno
    message = (
        f"TypeError: compute() of instruction `text` in `test_instruction.py` line {line} returns "
        "'no value', which is no value of Amaranth"
    )
    with pytest.raises(PlaygroundError, match=re.escape(message)):
        cfu_verilog(one_instruction(_Text("text", Opcode(0), latency=Latency.fixed(1))))


def test_compute_cannot_make_a_variable_latency() -> None:
    with pytest.raises(PlaygroundError, match="TypeError: instruction `xor_bits` has a variable"):
        cfu_verilog(one_instruction(Xor(Opcode(0), Latency.variable(3))))


def test_the_docstring_is_the_summary() -> None:
    instruction = Xor(Opcode(0), Latency.fixed(1))
    assert instruction.spec.summary == "Return the exclusive or of the operands"
    assert _nothing().spec.summary == "Neither hardware nor model"
