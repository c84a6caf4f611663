"""What is sent to a CFU: anything, or what the CFU says makes sense."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator
from random import Random

import pytest

from gateware import Cfu, Latency, Opcode
from gateware.export import artifact_of
from gateware.stimulus import BusDriver, BusOutputs, StimulusPlan, make_plan
from gateware.testing import check_in_amaranth, check_in_verilator, plan_for
from tests.gateware.samples import Mixed, Xor
from toolchain import PlaygroundError


class _Choosy(Mixed):
    """Sends nothing but `add_to` and `xor_later`, in pairs."""

    def stimulus(self, random: Random, commands: int) -> Iterator[tuple[str, int, int]]:
        for _ in range(commands // 2):
            yield "add_to", -random.randrange(1, 100), 0
            yield "xor_later", random.getrandbits(40), 3


class _Misspelt(Cfu):
    def __init__(self) -> None:
        super().__init__([Xor(Opcode(0), Latency.fixed(1))])

    def stimulus(self, random: Random, commands: int) -> list[tuple[str, int, int]]:
        return [("xor", 1, 2)]


class _Raising(_Misspelt):
    def stimulus(self, random: Random, commands: int) -> Iterator[tuple[str, int, int]]:
        yield "xor_bits", 1, 2
        raise ArithmeticError("no idea")


def _sent(plan: StimulusPlan) -> list[tuple[int, int, int]]:
    """Return the commands that a driver sends to a CFU that answers at once."""
    driver = BusDriver(plan)
    commands = []
    while not driver.is_done:
        inputs = driver.drive()
        if inputs.cmd_valid and inputs.rsp_ready:
            commands.append((inputs.function_id, inputs.in0, inputs.in1))
        answers = inputs.cmd_valid and inputs.rsp_ready
        driver.observe(BusOutputs(answers, answers, 0))
    return commands


def test_a_cfu_says_what_is_sent() -> None:
    cfu = _Choosy()
    ids = {i.name: i.function_id for i in cfu.spec.instructions}
    plan = plan_for(cfu, commands=400, seed=2)
    wanted = [(ids[n], a & 0xFFFFFFFF, b) for n, a, b in cfu.stimulus(Random(2), 400)]
    sent = _sent(plan)
    known = [command for command in sent if command[0] in ids.values()]
    assert known == [(i, a, b & 0xFFFFFFFF) for i, a, b in wanted]
    # Ids that no instruction has come in between.
    assert 5 < len(sent) - len(known) < 50
    assert {command[0] for command in sent[-30:]} & {command[0] for command in sent[:30]}


def test_without_a_word_of_the_cfu_everything_is_sent() -> None:
    sent = _sent(plan_for(Mixed(), commands=500, seed=1))
    assert len(sent) == 500
    assert {i.function_id for i in Mixed().spec.instructions} < {command[0] for command in sent}


def test_unknown_ids_can_come_last() -> None:
    spec = _Choosy().spec
    wanted = [("add_to", 1, 0)] * 40
    plan = make_plan(spec, commands=0, seed=0, mixes_unknown=False, wanted=wanted)
    assert plan.commands == 42
    add_to = spec.instructions[1].function_id
    assert [command[0] == add_to for command in _sent(plan)] == [True] * 40 + [False] * 2


def test_a_plan_survives_json() -> None:
    for plan in (plan_for(_Choosy(), commands=20), plan_for(Mixed(), commands=20)):
        assert StimulusPlan.from_json(json.loads(json.dumps(dataclasses.asdict(plan)))) == plan


def test_patience_is_the_cfus_and_its_latencies() -> None:
    class Slow(Mixed):
        patience_cycles = 70_000

    assert plan_for(Mixed()).patience_cycles == 1000 + 4 * 9
    assert plan_for(Slow()).patience_cycles == 70_000 + 4 * 9


def test_both_simulators_send_it() -> None:
    amaranth = check_in_amaranth(_Choosy(), commands=200, seed=4)
    plan = plan_for(_Choosy(), commands=200, seed=4)
    verilator = check_in_verilator(artifact_of(_Choosy()), _Choosy().model(), plan)
    assert amaranth.failures == verilator.failures == ()
    assert amaranth.coverage == verilator.coverage
    assert (amaranth.coverage["add_to"], amaranth.coverage["square"]) == (100, 0)
    assert amaranth.cycles == verilator.cycles


@pytest.mark.parametrize(
    ("cfu", "message"),
    [
        (_Misspelt, "the stimulus has a command `xor`, which is no instruction of the CFU"),
        (_Raising, "the stimulus of CFU `_Raising` cannot be made: .*ArithmeticError: no idea"),
    ],
)
def test_faults_of_a_stimulus(cfu: type[Cfu], message: str) -> None:
    with pytest.raises(PlaygroundError, match=message):
        plan_for(cfu())
