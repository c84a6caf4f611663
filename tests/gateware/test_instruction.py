"""What an instruction may be made of."""

from __future__ import annotations

import pytest
from amaranth.hdl import Fragment

from gateware import Instruction, Latency, Opcode
from tests.gateware.samples import Xor


class _Nothing(Instruction):
    """Neither hardware nor model."""


def _nothing(latency: Latency) -> _Nothing:
    return _Nothing("nothing", Opcode(0), latency=latency)


def test_an_instruction_without_hardware_says_so() -> None:
    with pytest.raises(NotImplementedError, match="`nothing` has neither compute"):
        Fragment.get(_nothing(Latency.fixed(1)), None)


def test_an_instruction_without_model_says_so() -> None:
    instruction = Xor(Opcode(0), Latency.fixed(1))
    Fragment.get(instruction, None)
    with pytest.raises(NotImplementedError, match="`xor_bits` has no model"):
        Instruction.model(instruction, None, 0, 0)


def test_compute_cannot_make_a_variable_latency() -> None:
    with pytest.raises(TypeError, match="`xor_bits` has a variable latency"):
        Fragment.get(Xor(Opcode(0), Latency.variable(3)), None)


def test_the_docstring_is_the_summary() -> None:
    instruction = Xor(Opcode(0), Latency.fixed(1))
    Fragment.get(instruction, None)
    assert instruction.spec.summary == "Return the exclusive or of the operands"
