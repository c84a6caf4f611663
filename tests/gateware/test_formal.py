"""Proofs of the handshake, which must go through for what is right and for nothing else."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from amaranth.hdl import Module, Signal, ValueLike
from amaranth.lib import memory
from amaranth.lib.wiring import In
from amaranth.sim import Simulator

from gateware import Cfu, Instruction, Latency, Opcode
from gateware.export import artifact_of
from gateware.formal import HandshakeProof, prove_cfu, prove_handshake
from gateware.formal_rules import (
    REFUSED_CYCLES,
    RULES,
    AcceptanceRules,
    FollowedCommand,
    MemoryRules,
    Promise,
    ResponseRules,
)
from gateware.memory_port import BURST, BURST_END
from tests.gateware.memory_samples import Mover
from tests.gateware.samples import Mixed, one_instruction
from toolchain import ArtifactCache, ToolFailed

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
  reg [31:0] squares [0:63];
  reg [5:0] place;
  assign cmd_ready = !rsp_valid || rsp_ready;
  always @(posedge clk) begin
    if (cmd_valid && cmd_ready) begin
      rsp_payload_outputs_0 <= squares[place];
      squares[place] <= cmd_payload_inputs_0 * cmd_payload_inputs_0;
      place <= place + 1;
    end
    if (cmd_ready) rsp_valid <= cmd_valid;
    if (reset) begin
      rsp_valid <= 0;
      place <= 0;
    end
  end
endmodule
"""
_PROVEN = HandshakeProof(is_proven=True, is_accepting=True)
_TOML = """
sources = ["squares.v"]
[[instruction]]
name = "square"
funct3 = 2
latency = 1
"""


class _Register(Instruction):
    """Answers with its operand after a cycle, or does as its fault says."""

    def __init__(self, fault: str, *, latency: Latency = Latency.fixed(1)) -> None:  # noqa: B008
        super().__init__("keep", Opcode(0), latency=latency)
        self._fault = fault

    def elaborate(self, platform: object) -> Module:
        m = Module()
        full, taken_before, kept = Signal(), Signal(), Signal(32)
        m.d.comb += [
            self.cmd.ready.eq(~full | self.rsp.ready),
            self.fire.eq(self.cmd.valid & self.cmd.ready),
            self.rsp.valid.eq(full),
            self.rsp.payload.eq(kept),
        ]
        m.d.sync += taken_before.eq(full & self.rsp.ready)
        with m.If(self.rsp.ready):
            m.d.sync += full.eq(0)
        with m.If(self.fire):
            m.d.sync += [full.eq(1), kept.eq(self.cmd.payload.in0)]
        if self._fault == "drops":
            with m.If(full & (kept == 0x1234)):
                m.d.comb += self.rsp.valid.eq(0)
                m.d.sync += full.eq(0)
        if self._fault == "changes":
            with m.If(full & ~self.rsp.ready & (kept == 0x1234)):
                m.d.sync += kept.eq(0)
        return m


class _Twice(Cfu):
    """Answers a second time if the CPU's side is ready for it at once."""

    def elaborate(self, platform: object) -> Module:
        m = super().elaborate(platform)
        again = Signal()
        rsp = self.bus.rsp
        m.d.sync += again.eq(rsp.valid & rsp.ready & ~again)
        with m.If(again):
            m.d.comb += rsp.valid.eq(1)
        return m


class _FromMemory(Instruction):
    """Answers with a word of a memory that is read as long as the response waits.

    Other words are written meanwhile, if that is asked for.
    """

    def __init__(self, *, writes: bool) -> None:
        super().__init__("look", Opcode(0), latency=Latency.fixed(1), operands=("index",))
        self._writes = writes

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.submodules.words = words = memory.Memory(shape=32, depth=64, init=range(64))
        read, write = words.read_port(domain="comb"), words.write_port()
        full, index, cycle = Signal(), Signal(6), Signal(6)
        m.d.comb += [
            self.cmd.ready.eq(~full | self.rsp.ready),
            self.rsp.valid.eq(full),
            self.rsp.payload.eq(read.data),
            read.addr.eq(index),
            write.addr.eq(index + 1),
            write.data.eq(cycle),
            write.en.eq(int(self._writes)),
        ]
        m.d.sync += cycle.eq(cycle + 1)
        with m.If(self.rsp.ready):
            m.d.sync += full.eq(0)
        with m.If(self.cmd.valid & self.cmd.ready):
            m.d.sync += [full.eq(1), index.eq(self.cmd.payload.in0)]
        return m


class _Product(Instruction):
    """Multiplies in the command's own cycle, in which a response may wait."""

    def __init__(self) -> None:
        super().__init__("product", Opcode(0), latency=Latency.combinational())

    def compute(self, m: Module, in0: ValueLike, in1: ValueLike) -> ValueLike:
        return in0 * in1


@pytest.mark.parametrize(
    "cfu",
    [
        Cfu([], name="none"),
        one_instruction(_Register("")),
        # Proven only with the knowledge that what nobody changes stays.
        one_instruction(_FromMemory(writes=False)),
        one_instruction(_Product()),
        Mixed(),
    ],
    ids=["none", "register", "from-memory", "product", "every-latency"],
)
def test_what_is_right_is_proven(cfu: Cfu) -> None:
    assert prove_handshake(artifact_of(cfu)) == _PROVEN


def test_a_memory_port_is_proven() -> None:
    assert prove_handshake(artifact_of(Mover())) == replace(_PROVEN, has_memory=True)


def test_what_needs_the_memorys_words_is_not_proven() -> None:
    proof = prove_handshake(artifact_of(one_instruction(_FromMemory(writes=True))))
    assert proof == HandshakeProof(is_proven=False, depth=proof.depth)
    assert proof.depth > 3


@pytest.mark.parametrize(
    ("cfu", "broken", "last"),
    [
        (one_instruction(_Register("drops")), "late", ""),
        (one_instruction(_Register("changes")), "changed", "response 0x"),
        (_Twice([_Register("")]), "unasked", "response 0x"),
        (Mover("ends early"), "memory_burst", ""),
    ],
    ids=["drops", "changes", "twice", "burst"],
)
def test_what_is_wrong_is_found(cfu: Cfu, broken: str, last: str) -> None:
    proof = prove_handshake(artifact_of(cfu))
    assert not proof.is_proven
    assert broken in proof.broken
    assert [line.partition(":")[0] for line in proof.trace] == [
        f"cycle {number}" for number in range(len(proof.trace))
    ]
    assert "accepted" in "".join(proof.trace)
    assert last in proof.trace[-1]


def test_a_slow_instruction_is_left_out() -> None:
    slow = one_instruction(_Register("", latency=Latency.variable(65)))
    proof = prove_handshake(artifact_of(slow))
    assert proof == replace(_PROVEN, unfollowed=("keep",))


def test_some_cycles_are_no_proof() -> None:
    artifact = artifact_of(one_instruction(_Register("", latency=Latency.fixed(40))))
    proof = prove_handshake(artifact, cycles=5)
    assert proof == HandshakeProof(is_proven=False, depth=proof.depth, is_settled=False)
    assert 3 < proof.depth < 10


def _verilog_project(directory: Path, verilog: str) -> Path:
    (directory / "squares.toml").write_text(_TOML)
    (directory / "squares.v").write_text(verilog)
    return directory


def test_a_cfu_in_verilog(tmp_path: Path) -> None:
    project = _verilog_project(tmp_path, _VERILOG)
    assert prove_cfu("squares.toml", directory=project) == _PROVEN


def test_a_cfu_in_verilog_that_is_wrong(tmp_path: Path) -> None:
    verilog = _VERILOG.replace("<= cmd_valid;", "<= cmd_valid && place != 3;")
    project = _verilog_project(tmp_path, verilog)
    proof = prove_cfu("squares.toml", directory=project)
    assert proof.broken == ("late",)
    assert "command `square`" in "".join(proof.trace)


def test_verilog_that_only_verilator_reads(tmp_path: Path) -> None:
    foreign = 'import "DPI-C" function int foreign();\n  wire [31:0] word = foreign();\n'
    verilog = _VERILOG.replace("  reg [5:0] place;", f"  {foreign}  reg [5:0] place;")
    project = _verilog_project(tmp_path, verilog)
    proof = prove_cfu("squares.toml", directory=project)
    assert not proof.is_proven
    assert "ERROR: " in str(proof.obstacle)


def test_a_tool_that_was_killed_says_nothing_of_the_cfu(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def kill(*_: object, **__: object) -> str:
        raise ToolFailed("yosys ended with SIGKILL")

    artifact, cache = artifact_of(Mixed()), ArtifactCache(tmp_path)
    with monkeypatch.context() as patch:
        patch.setattr("gateware.formal.run_tool", kill)
        with pytest.raises(ToolFailed, match="SIGKILL"):
            prove_handshake(artifact, cache=cache)
    assert not list((tmp_path / "handshake").iterdir())  # for another time


def _watch(rules: Any, cycles: list[dict[str, int]]) -> list[set[str]]:
    """Return the rules that are broken in each cycle of given inputs."""
    seen: list[set[str]] = []

    async def bench(context: Any) -> None:
        for inputs in cycles:
            for name in rules.signature.members:
                if rules.signature.members[name].flow == In:
                    context.set(getattr(rules, name), inputs.get(name, 0))
            names = [name for name in RULES if hasattr(rules, name)]
            seen.append({name for name in names if context.get(getattr(rules, name))})
            await context.tick()

    simulator = Simulator(rules)
    simulator.add_clock(1e-6)
    simulator.add_testbench(bench)
    simulator.run()
    return seen


_ACCEPTED = {"accepted": 1, "follows": 1, "function_id": 5}
_NOTHING: dict[str, int] = {}


@pytest.mark.parametrize(
    ("latency", "cycles", "broken"),
    [
        (Latency.fixed(2), [_ACCEPTED, _NOTHING, {"rsp_valid": 1, "taken": 1}], set()),
        (Latency.fixed(2), [_ACCEPTED, {"rsp_valid": 1}], {"early"}),
        (Latency.fixed(2), [_ACCEPTED, _NOTHING, _NOTHING], {"late"}),
        (Latency.fixed(2), [_ACCEPTED, {"pauses": 1}, _NOTHING, {"rsp_valid": 1}], set()),
        (Latency.combinational(), [_ACCEPTED], {"late"}),
        # Time runs behind another one, too.
        (
            Latency.fixed(3),
            [
                {**_ACCEPTED, "unanswered": 1},
                _NOTHING,
                {"unanswered": 2, "rsp_valid": 1, "taken": 1},
                {"unanswered": 1, "rsp_valid": 1},
            ],
            set(),
        ),
        (
            Latency.fixed(3),
            [
                {**_ACCEPTED, "unanswered": 1},
                {"unanswered": 2, "rsp_valid": 1, "taken": 1},
                {"unanswered": 1, "rsp_valid": 1},
            ],
            {"early"},
        ),
        (Latency.combinational(), [{**_ACCEPTED, "rsp_valid": 1}], set()),
        (Latency.fixed(1), [{**_ACCEPTED, "rsp_valid": 1}], {"early"}),
        (Latency.fixed(1), [_ACCEPTED, {"rsp_valid": 1, "payload": 3}], {"not_zero"}),
        # Behind another one that leaves in the second cycle, it has a cycle more.
        (
            Latency.fixed(1),
            [
                {**_ACCEPTED, "unanswered": 1},
                {"unanswered": 2, "rsp_valid": 1, "taken": 1},
                {"unanswered": 1},
                {"unanswered": 1, "rsp_valid": 1},
            ],
            set(),
        ),
        (
            Latency.fixed(1),
            [
                {**_ACCEPTED, "unanswered": 1},
                {"unanswered": 2, "rsp_valid": 1, "taken": 1},
                {"unanswered": 1},
                {"unanswered": 1},
            ],
            {"late"},
        ),
    ],
)
def test_a_followed_command(
    latency: Latency, cycles: list[dict[str, int]], broken: set[str]
) -> None:
    rules = FollowedCommand({5: Promise(latency, is_zero=True)}, other=None)
    seen = _watch(rules, cycles)
    assert seen[-1] == broken
    assert not any(seen[:-1])


_ASKS = {"cyc": 1, "stb": 1, "adr": 7, "cti": BURST}


@pytest.mark.parametrize(
    ("cycles", "broken"),
    [
        ([_ASKS, {**_ASKS, "ack": 1}, {**_ASKS, "adr": 8}], set()),
        ([_ASKS, {**_ASKS, "adr": 8}], {"memory_changed"}),
        ([_ASKS, _NOTHING], {"memory_changed"}),
        ([{**_ASKS, "ack": 1}, _ASKS], {"memory_burst"}),
        ([{**_ASKS, "ack": 1}, _NOTHING], {"memory_burst"}),
        ([{**_ASKS, "ack": 1, "cti": BURST_END}, _NOTHING], set()),
        ([{"stb": 1}], {"memory_strobe"}),
    ],
)
def test_rules_of_a_memory_port(cycles: list[dict[str, int]], broken: set[str]) -> None:
    assert _watch(MemoryRules(), cycles)[-1] == broken


def test_rules_of_responses() -> None:
    rules = ResponseRules(one_instruction(_Product()).spec)
    offered = {"cmd_valid": 1, "rsp_valid": 1, "payload": 4}
    assert _watch(rules, [offered, {**offered, "payload": 5}]) == [set(), {"changed"}]
    # Offered before its command is accepted, but never taken then.
    assert _watch(rules, [{**offered, "rsp_ready": 1}]) == [{"unasked"}]
    assert _watch(rules, [{**offered, "function_id": 9}]) == [{"unasked"}]


_WAITS = {"waits": 1, "rsp_ready": 1}


@pytest.mark.parametrize(
    ("before", "broken"),
    [
        ([_WAITS] * (REFUSED_CYCLES - 1), {"refused"}),
        ([_WAITS] * (REFUSED_CYCLES - 2), set()),
        ([_WAITS] * 20 + [{**_WAITS, "pauses": 1}] + [_WAITS] * (REFUSED_CYCLES - 21), {"refused"}),
        ([_WAITS] * REFUSED_CYCLES + [_NOTHING], set()),
        ([_WAITS] * 20 + [{**_WAITS, "unanswered": 1}] + [_WAITS] * 20, set()),
        ([_WAITS] * 20 + [{"waits": 1}] + [_WAITS] * 20, set()),
    ],
    ids=["refused", "not-yet", "memory", "accepted", "unanswered", "response-waits"],
)
def test_rules_of_acceptance(before: list[dict[str, int]], broken: set[str]) -> None:
    assert _watch(AcceptanceRules(), [*before, _WAITS])[-1] == broken
