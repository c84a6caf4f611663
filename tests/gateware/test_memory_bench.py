"""CFUs that read and write memory by themselves, checked in both simulators."""

from __future__ import annotations

from dataclasses import asdict
from json import dumps, loads
from pathlib import Path

import pytest

from gateware import Cfu
from gateware.export import artifact_of
from gateware.memory_bench import MemoryOutcome, compare_memories
from gateware.memory_port import SparseMemory
from gateware.testing import check_cfu, check_in_amaranth, check_in_verilator, plan_for
from tests.gateware.memory_samples import Mover
from toolchain import PlaygroundError


def test_memory_in_both_simulators() -> None:
    amaranth = check_in_amaranth(Mover(), commands=400, seed=3)
    plan = plan_for(Mover(), commands=400, seed=3)
    verilator = check_in_verilator(artifact_of(Mover()), Mover().model(), plan)
    assert amaranth.failures == verilator.failures == ()
    assert amaranth.transfers == verilator.transfers
    assert amaranth.transfers == amaranth.coverage["load"] + 2 * amaranth.coverage["store"]
    assert amaranth.cycles == verilator.cycles


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        ("withdraws", "and then asked for none"),
        ("ends early", "and then asked for none"),
        ("skips", "expected 0x"),
        ("endless", "the memory port is never idle although every command is answered"),
    ],
)
def test_faults_at_the_memory_port(fault: str, message: str) -> None:
    report = check_in_amaranth(Mover(fault), commands=100, seed=3)
    assert any(message in failure for failure in report.failures), report.failures


def test_verilog_that_writes_what_the_model_does_not() -> None:
    artifact = artifact_of(Mover("skips"))
    wanted = [("store", 64 * index, index) for index in range(20)]
    cfu = Mover()
    cfu.stimulus = lambda random, commands: wanted  # type: ignore[method-assign,assignment]
    report = check_in_verilator(artifact, Mover().model(), plan_for(cfu))
    assert report.failures[:2] == (
        "memory at 0x00000004 ends as 0x00000000, expected 0xffffffff",
        "memory at 0x00000044 ends as 0x00000001, expected 0xfffffffe",
    )


_TOML = """
sources = ["mover.v"]
model = "model.py:Moved"
memory_port = true
[[instruction]]
name = "load"
funct3 = 0
latency = { max = 40 }
[[instruction]]
name = "store"
funct3 = 1
latency = 1
"""
_MODEL = """
from gateware.memory_port import SparseMemory

class Moved:
    patience_cycles = 150

    def __init__(self):
        self.memory = SparseMemory()

    def stimulus(self, random, commands):
        for index in range(commands):
            yield random.choice(("load", "store")), 4 * random.randrange(64), index

    def execute(self, function_id, in0, in1):
        if function_id == 0:
            return self.memory.read_word(in0)
        self.memory.write_word(in0, in1)
        self.memory.write_word(in0 + 4, ~in1 & 0xFFFFFFFF)
        return 0
"""


@pytest.mark.parametrize("fault", ["", "skips"])
def test_a_cfu_in_verilog_whose_model_has_memory(fault: str, tmp_path: Path) -> None:
    (tmp_path / "mover.toml").write_text(_TOML)
    (tmp_path / "mover.v").write_text(artifact_of(Mover(fault)).verilog)
    (tmp_path / "model.py").write_text(_MODEL)
    (report,) = check_cfu("mover.toml", directory=tmp_path, commands=200)
    assert report.coverage["load"] + report.coverage["store"] == 200
    assert report.coverage["(unknown)"] == 10
    assert report.passed == (not fault)


def test_a_model_needs_memory() -> None:
    class Forgetful(Mover):
        def initial_state(self) -> None:  # type: ignore[override]
            return None

    with pytest.raises(PlaygroundError, match="`Forgetful` has no memory although") as raised:
        check_in_amaranth(Forgetful(), commands=1)
    assert "SparseMemory" in str(raised.value.hint)


def test_a_cfu_without_a_port_transfers_nothing() -> None:
    assert check_in_amaranth(Cfu([]), commands=10).transfers == 0


def test_what_was_never_written_need_not_be_written() -> None:
    untouched = SparseMemory().read_word(8)
    assert compare_memories({8: untouched}, {}) == ()
    (line,) = compare_memories({8: 1}, {})
    assert line == f"memory at 0x00000008 ends as 0x00000001, expected {untouched:#010x}"


def test_an_outcome_survives_json() -> None:
    outcome = MemoryOutcome(("wrong",), 3, {4: 5, 8: 9})
    assert MemoryOutcome.from_json(loads(dumps(asdict(outcome)))) == outcome
