"""What is counted of the commands a CFU is sent, and that random ones are of every kind."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest

from gateware.coverage import CORNERS, UNKNOWN, CommandCoverage
from gateware.testing import check_cfu, check_in_amaranth
from tests.gateware.samples import Mixed

_CFU = """
from amaranth.hdl import Const
from gateware import Cfu, Instruction, Latency, Opcode

class Word(Instruction):
    def __init__(self, number):
        super().__init__(f"word{number}", Opcode(number), latency=Latency.fixed(1))
    def compute(self, m, in0, in1):
        return in0 ^ in1
    def model(self, state, in0, in1):
        return in0 ^ in1

class Two(Cfu):
    def __init__(self):
        super().__init__([Word(0), Word(1)])
    def stimulus(self, random, commands):
        return [(f"word{n % COUNT}", n, 0x80000000) for n in range(commands)]
"""


def test_commands_and_corners_are_counted() -> None:
    coverage = CommandCoverage(Mixed().spec)
    ids = {i.name: i.function_id for i in Mixed().spec.instructions}
    for command in (
        (ids["xor_bits"], 0, 0xFFFFFFFF),
        (ids["xor_bits"], 5, 0x80),
        (ids["square"], 1, 0x7F),  # of which it has no second operand
        (1000, 0, 0),
    ):
        coverage.count(*command)
    assert coverage.commands == {
        "xor_bits": 2,
        "add_to": 0,
        "square": 1,
        "slow_count": 0,
        "xor_later": 0,
        UNKNOWN: 1,
    }
    assert coverage.corners["xor_bits"] == {"in0": (0,), "in1": (0x80, 0xFFFFFFFF)}
    assert coverage.corners["square"] == {"x": (1,)}
    assert coverage.corners["add_to"] == {"x": ()}


def test_random_commands_meet_every_corner() -> None:
    report = check_in_amaranth(Mixed(), commands=400, seed=3)
    for name, operands in report.corners.items():
        for operand, corners in operands.items():
            assert corners == CORNERS, (name, operand)
    assert report.never_sent == ()


class _Half(Mixed):
    def stimulus(self, random: Random, commands: int) -> Iterator[tuple[str, int, int]]:
        for number in range(commands // 2):
            yield "add_to", number, 0
            yield "xor_later", 0x7F, number


def test_what_a_stimulus_leaves_out_is_named() -> None:
    report = check_in_amaranth(_Half(), commands=20, seed=0)
    assert report.passed
    assert report.never_sent == ("xor_bits", "square", "slow_count")


@pytest.mark.parametrize(
    ("count", "failures"), [(2, ()), (1, ("no command is `word1`: nothing is known of it",))]
)
def test_a_check_says_something_of_every_instruction(
    tmp_path: Path, count: int, failures: tuple[str, ...]
) -> None:
    (tmp_path / "two.py").write_text(_CFU.replace("COUNT", str(count)))
    for report in check_cfu("two.py", directory=tmp_path, commands=20):
        assert report.failures == failures
