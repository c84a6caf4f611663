"""The checks of CFUs, which must pass what is right and notice what is wrong."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from amaranth.hdl import Module, Signal, ValueLike

from gateware import Instruction, Latency, Opcode, load_cfu
from gateware.export import artifact_of
from gateware.stimulus import make_plan
from gateware.testing import check_cfu, check_in_amaranth, check_in_verilator, plan_for
from tests.gateware.samples import Mixed, Xor, one_instruction

_VERILOG = """
module Cfu(
  input             cmd_valid,
  output            cmd_ready,
  input      [9:0]  cmd_payload_function_id,
  input      [31:0] cmd_payload_inputs_0,
  input      [31:0] cmd_payload_inputs_1,
  output reg        rsp_valid,
  input             rsp_ready,
  output reg [31:0] rsp_payload_outputs_0,
  input             clk,
  input             reset
);
  reg [31:0] total;
  assign cmd_ready = !rsp_valid || rsp_ready;
  always @(posedge clk) begin
    if (cmd_valid && cmd_ready) begin
      total <= total + cmd_payload_inputs_0;
      rsp_payload_outputs_0 <= total;
    end
    if (cmd_ready) rsp_valid <= cmd_valid;
    if (reset) begin
      rsp_valid <= 0;
      total <= 0;
    end
  end
endmodule
"""
_TOML = """
sources = ["total.v"]
model = "model.py:Total"
[[instruction]]
name = "add_to"
funct3 = 2
latency = 1
operands = ["x"]
"""
_MODEL = """
class Total:
    def __init__(self):
        self.total = 0
    def execute(self, function_id, in0, in1):
        before = self.total
        self.total = (before + in0) % 2**32
        return before
"""


def _verilog_project(directory: Path, *, toml: str = _TOML, verilog: str = _VERILOG) -> Path:
    (directory / "total.toml").write_text(toml)
    (directory / "total.v").write_text(verilog)
    (directory / "model.py").write_text(_MODEL)
    return directory


class _WrongSometimes(Xor):
    def compute(self, m: Module, in0: ValueLike, in1: ValueLike) -> ValueLike:
        result = Signal(32)
        m.d.comb += result.eq(in0 ^ in1)
        with m.If(in0 == 0x80000000):
            m.d.comb += result.eq(0)
        return result


class _Raising(Xor):
    def model(self, state: Any, in0: int, in1: int) -> int:
        raise ArithmeticError("no idea")


class _Faulty(Instruction):
    """A register with the faults that a test asks for."""

    def __init__(self, fault: str) -> None:
        super().__init__("faulty", Opcode(0), latency=Latency.fixed(1))
        self._fault = fault

    def elaborate(self, platform: object) -> Module:
        m = Module()
        fault = self._fault
        busy = Signal()
        age = Signal(8)
        m.d.comb += [
            self.cmd.ready.eq(~busy | self.rsp.ready),
            self.rsp.valid.eq(busy),
            self.rsp.payload[:1].eq(1),
        ]
        m.d.sync += age.eq(age + 1)
        with m.If(self.rsp.ready):
            m.d.sync += busy.eq(0)
        with m.If(self.cmd.valid & self.cmd.ready):
            m.d.sync += [busy.eq(1), age.eq(0)]
        if fault == "never accepts":
            m.d.comb += self.cmd.ready.eq(0)
        if fault == "never answers":
            m.d.comb += [self.cmd.ready.eq(~busy), self.rsp.valid.eq(0)]
        if fault == "late":
            m.d.comb += [
                self.cmd.ready.eq(~busy | (self.rsp.ready & self.rsp.valid)),
                self.rsp.valid.eq(busy & (age >= 2)),
            ]
            with m.If(~self.rsp.valid & ~(self.cmd.valid & self.cmd.ready)):
                m.d.sync += busy.eq(busy)
        if fault == "changes":
            m.d.comb += self.rsp.payload.eq(Signal.like(age, name="zero") | 1 | (age[1] << 1))
        if fault == "withdraws":
            m.d.comb += self.rsp.valid.eq(busy & ~age[0])
            m.d.comb += self.cmd.ready.eq(~busy)
        return m

    def model(self, state: Any, in0: int, in1: int) -> int:
        return 1


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (
            lambda: _WrongSometimes(Opcode(0), Latency.fixed(1)),
            "`xor_bits` (id 0) of 0x80000000 and ",
        ),
        (
            lambda: _Raising(Opcode(0), Latency.fixed(1)),
            "the model of `xor_bits` failed: `test_testing.py` line 84: ArithmeticError: no idea",
        ),
        (lambda: _Faulty("never accepts"), "a command is never accepted"),
        (lambda: _Faulty("never answers"), "`faulty` accepted in cycle "),
        (lambda: _Faulty("late"), "`faulty` answered after 3 cycle(s); it promises 1 cycle"),
        (lambda: _Faulty("changes"), "the response changed from 0x1 to 0x3 before it was taken"),
        (lambda: _Faulty("withdraws"), "rsp_valid fell before the response was taken"),
    ],
    ids=["result", "model", "never-accepts", "never-answers", "late", "changes", "withdraws"],
)
def test_faults_are_noticed(make: Callable[[], Instruction], message: str) -> None:
    report = check_in_amaranth(one_instruction(make()), commands=300, seed=1)
    assert not report.passed
    assert any(message in failure for failure in report.failures), report.failures


def test_the_faultless_one_passes() -> None:
    report = check_in_amaranth(one_instruction(_Faulty("none")), commands=300, seed=1)
    assert report.failures == ()


def test_a_seed_repeats_itself() -> None:
    first, again, other = (
        check_in_amaranth(Mixed(), commands=100, seed=seed) for seed in (5, 5, 6)
    )
    assert first == again
    assert first.cycles != other.cycles


def test_every_latency_in_verilator() -> None:
    plan = plan_for(Mixed(), commands=1000, seed=3)
    report = check_in_verilator(artifact_of(Mixed()), Mixed().model(), plan)
    assert report.failures == ()
    assert min(report.coverage.values()) > 10


def test_a_verilog_cfu_with_a_model(tmp_path: Path) -> None:
    (report,) = check_cfu("total.toml", directory=_verilog_project(tmp_path), commands=500)
    assert report.failures == ()
    assert report.has_model
    # Ids that no instruction has come last, as they may change its state.
    assert report.coverage == {"add_to": 475, "(unknown)": 25}


def test_a_verilog_cfu_that_differs_from_its_model(tmp_path: Path) -> None:
    verilog = _VERILOG.replace("total + cmd_payload_inputs_0", "total + 1")
    project = _verilog_project(tmp_path, verilog=verilog)
    (report,) = check_cfu("total.toml", directory=project, commands=100)
    assert len(report.failures) == 10
    assert "`add_to` (id 2) of " in report.failures[0]


def test_a_verilog_cfu_without_model_is_checked_for_its_latency(tmp_path: Path) -> None:
    toml = _TOML.replace("model =", "name =").replace("latency = 1", "latency = 2")
    artifact = load_cfu("total.toml", directory=_verilog_project(tmp_path, toml=toml))
    plan = make_plan(artifact.spec, commands=100, seed=0, mixes_unknown=False)
    report = check_in_verilator(artifact, None, plan, answers_zero=False)
    assert not report.has_model
    assert "`add_to` answered after 1 cycle(s); it promises 2 cycles" in report.failures[0]
