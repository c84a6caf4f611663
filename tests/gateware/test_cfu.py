"""Dispatch among instructions of every latency."""

from __future__ import annotations

from typing import Any, cast

import pytest
from amaranth.hdl import Signal

from gateware import Cfu, Instruction, Latency, Opcode
from gateware.testing import check_in_amaranth
from tests.gateware.samples import AddTo, Mixed, Xor, one_instruction, run_commands


@pytest.mark.parametrize("seed", range(4))
def test_every_latency_under_random_stalls(seed: int) -> None:
    report = check_in_amaranth(Mixed(), commands=800, seed=seed)
    assert report.failures == ()
    assert report.commands == 800
    assert min(report.coverage.values()) > 10
    assert len(report.coverage) == 6  # and unknown ids
    assert report.command_stalls > 100
    assert report.response_stalls > 100


def test_a_cfu_without_instructions_answers_everything() -> None:
    report = check_in_amaranth(Cfu([], name="none"), commands=200)
    assert report.failures == ()
    assert report.coverage == {"(unknown)": 200}


@pytest.mark.parametrize(
    ("latency", "first"),
    [(Latency.combinational(), 0), (Latency.fixed(1), 1), (Latency.fixed(4), 4)],
)
def test_one_instruction_answers_every_cycle(latency: Latency, first: int) -> None:
    cfu = one_instruction(Xor(Opcode(0), latency))
    results, cycles = run_commands(cfu, [("xor_bits", i, 0xFF) for i in range(20)])
    assert results == [i ^ 0xFF for i in range(20)]
    assert cycles == [first + i for i in range(20)]


def test_different_instructions_of_one_cycle_follow_at_once() -> None:
    total = Signal(32)
    cfu = Cfu([Xor(Opcode(0), Latency.fixed(1)), AddTo(Opcode(1), total)])
    results, cycles = run_commands(cfu, [("add_to", 5, 0), ("xor_bits", 1, 2)] * 10)
    assert results == [value for i in range(10) for value in (5 * i, 3)]
    assert cycles == list(range(1, 21))


def test_the_model_shares_state_among_instructions() -> None:
    model = Mixed().model()
    assert [model.execute(1, 7, 0), model.execute(1, 0xFFFFFFFF, 0)] == [0, 7]
    assert model.execute(127 << 3 | 7, 0xFF, 0) == 8 + 6
    assert model.execute(5, 1, 1) == 0
    assert Mixed().model().execute(1, 0, 0) == 0


def test_equal_opcodes_are_rejected() -> None:
    first = Xor(Opcode(3, 9), Latency.fixed(1))
    second = Xor(Opcode(3, 9), Latency.fixed(1), name="other")
    with pytest.raises(
        ValueError, match="`xor_bits` and `other` have the same opcode, funct3=3 funct7=9"
    ):
        Cfu([first, second])


def test_equal_names_are_rejected() -> None:
    with pytest.raises(ValueError, match="two instructions are named `xor_bits`"):
        Cfu([Xor(Opcode(i), Latency.fixed(1)) for i in range(2)])


def test_what_is_no_instruction_is_rejected() -> None:
    with pytest.raises(TypeError, match="not <class"):
        Cfu([cast("Instruction", Xor)])


@pytest.mark.parametrize(
    ("funct3", "funct7", "message"),
    [
        (8, 0, "funct3 must be an integer from 0 to 7, not 8"),
        (-1, 0, "not -1"),
        (0, 128, "funct7 must be an integer from 0 to 127, not 128"),
        ("1", 0, "not '1'"),
    ],
)
def test_fields_out_of_range_are_rejected(funct3: Any, funct7: int, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Opcode(funct3, funct7)


def test_function_ids_have_funct7_on_top() -> None:
    assert Opcode(5, 3).function_id == 3 * 8 + 5
    assert Opcode.from_function_id(29) == Opcode(5, 3)
