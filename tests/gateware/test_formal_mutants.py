"""Users' CFUs in Verilog and SystemVerilog: what is right is proven, and each fault is found."""

from __future__ import annotations

from pathlib import Path

import pytest

from gateware.formal import HandshakeProof, prove_cfu

_VERILOG = """
module Cfu(
  input         cmd_valid,
  output        cmd_ready,
  input  [9:0]  cmd_payload_function_id,
  input  [31:0] cmd_payload_inputs_0,
  input  [31:0] cmd_payload_inputs_1,
  output        rsp_valid,
  input         rsp_ready,
  output [31:0] rsp_payload_outputs_0,
  input         clk,
  input         reset
);
  reg busy;
  reg [2:0] left;
  reg [31:0] sum;
  reg [7:0] seen;
  assign cmd_ready = !busy;
  assign rsp_valid = busy && left == 0;
  assign rsp_payload_outputs_0 = sum;
  always @(posedge clk) begin
    if (cmd_valid && cmd_ready) begin
      busy <= 1;
      left <= cmd_payload_function_id == 1 ? {1'b0, cmd_payload_inputs_1[1:0]} : 3'd0;
      sum <= cmd_payload_inputs_0 + cmd_payload_inputs_1;
      seen <= seen + 1;
    end else if (left != 0) begin
      left <= left - 1;
    end else if (rsp_valid && rsp_ready) begin
      busy <= 0;
    end
    if (reset) begin
      busy <= 0;
      left <= 0;
      seen <= 0;
    end
  end
endmodule
"""
_SYSTEM_VERILOG = """
package sums;
  typedef enum logic [1:0] {IDLE, BUSY, DONE} state_e;
  typedef struct packed { logic [31:0] a, b; } operands_t;
  function automatic logic [31:0] sum_of(operands_t operands, logic [9:0] id);
    return id inside {10'd0, 10'd1} ? operands.a + operands.b : '0;
  endfunction
endpackage

interface command_if;
  logic valid, ready;
  logic [9:0] id;
  sums::operands_t operands;
  modport worker(input valid, id, operands, output ready);
endinterface

module Worker import sums::*; (
  input logic clk, reset,
  command_if.worker command,
  output logic rsp_valid,
  input logic rsp_ready,
  output logic [31:0] result
);
  state_e state;
  logic [2:0] left;
  logic [3:0] seen;
  assign command.ready = state == IDLE;
  assign rsp_valid = state == DONE;
  always_ff @(posedge clk) begin
    unique case (state)
      IDLE: if (command.valid) begin
        result <= sum_of(command.operands, command.id);
        seen <= seen + 1;
        left <= command.operands.a[1:0];
        state <= command.id == 10'd1 && command.operands.a[1:0] != 0 ? BUSY : DONE;
      end
      BUSY: begin
        left <= left - 1;
        if (left == 1) state <= DONE;
      end
      DONE: if (rsp_ready) state <= IDLE;
      default: state <= IDLE;
    endcase
    if (reset) begin
      state <= IDLE;
      seen <= '0;
    end
  end
endmodule

module Cfu (
  input  logic        clk, reset,
  input  logic        cmd_valid,
  output logic        cmd_ready,
  input  logic [9:0]  cmd_payload_function_id,
  input  logic [31:0] cmd_payload_inputs_0, cmd_payload_inputs_1,
  output logic        rsp_valid,
  input  logic        rsp_ready,
  output logic [31:0] rsp_payload_outputs_0
);
  command_if link();
  assign link.valid = cmd_valid;
  assign link.id = cmd_payload_function_id;
  assign link.operands = '{a: cmd_payload_inputs_0, b: cmd_payload_inputs_1};
  assign cmd_ready = link.ready;
  Worker worker(.clk, .reset, .command(link), .rsp_valid, .rsp_ready,
                .result(rsp_payload_outputs_0));
endmodule
"""
_TOML = """
sources = ["{source}"]
[[instruction]]
name = "add"
funct3 = 0
latency = 1
[[instruction]]
name = "add_slowly"
funct3 = 1
latency = {slow}
"""


def _proof(directory: Path, source: str, text: str, *, slow: str = "{ max = 4 }") -> HandshakeProof:
    (directory / source).write_text(text)
    (directory / "sum.toml").write_text(_TOML.format(source=source, slow=slow))
    return prove_cfu("sum.toml", directory=directory)


def _changed(text: str, old: str, new: str) -> str:
    assert text.count(old) == 1
    return text.replace(old, new)


@pytest.mark.parametrize(
    ("source", "text"), [("sum.v", _VERILOG), ("sum.sv", _SYSTEM_VERILOG)], ids=["v", "sv"]
)
def test_what_is_right_is_proven(tmp_path: Path, source: str, text: str) -> None:
    proof = _proof(tmp_path, source, text)
    assert proof == HandshakeProof(is_proven=True, is_accepting=True)


@pytest.mark.parametrize(
    ("old", "new", "broken"),
    [
        ("(rsp_valid && rsp_ready)", "(rsp_valid && (rsp_ready || seen == 3))", "withdrawn"),
        (
            "    if (reset)",
            "    if (busy && left == 0 && seen == 3) sum <= 0;\n    if (reset)",
            "changed",
        ),
        (
            "busy <= 0;\n    end\n    if",
            "busy <= seen == 3; seen <= seen + (seen == 3); end\n    if",
            "unasked",
        ),
        ("busy <= 1;", "busy <= seen != 3;", "late"),
        ("{1'b0, cmd", "{seen[1], cmd", "late"),
        ("cmd_ready = !busy;", "cmd_ready = !busy && seen != 3;", "refused"),
    ],
    ids=["withdrawn", "changed", "twice", "lost", "late", "never-accepted"],
)
def test_faults_in_verilog(tmp_path: Path, old: str, new: str, broken: str) -> None:
    proof = _proof(tmp_path, "sum.v", _changed(_VERILOG, old, new))
    assert not proof.is_proven
    assert broken in proof.broken
    assert "command `add" in "".join(proof.trace)


@pytest.mark.parametrize(
    ("old", "new", "broken"),
    [
        ("DONE: if (rsp_ready)", "DONE: if (rsp_ready || seen == 3)", "withdrawn"),
        (
            "    if (reset)",
            "    if (rsp_valid && seen[1]) state <= DONE;\n    if (reset)",
            "unasked",
        ),
        ("? BUSY : DONE;", "? BUSY : seen == 3 ? IDLE : DONE;", "late"),
    ],
    ids=["withdrawn", "twice", "lost"],
)
def test_faults_in_system_verilog(tmp_path: Path, old: str, new: str, broken: str) -> None:
    proof = _proof(tmp_path, "sum.sv", _changed(_SYSTEM_VERILOG, old, new))
    assert not proof.is_proven
    assert broken in proof.broken
    assert "command `add" in "".join(proof.trace)


def test_an_answer_before_its_time(tmp_path: Path) -> None:
    assert _proof(tmp_path, "sum.v", _VERILOG, slow="4").broken == ("early",)


def test_commands_that_wait_for_long_are_no_fault(tmp_path: Path) -> None:
    waited = (
        "reg [63:0] waited;\n"
        "  always @(posedge clk) waited <= reset ? 0 : {waited[62:0], cmd_valid && !cmd_ready};\n"
    )
    text = _changed(_VERILOG, "reg [7:0] seen;\n", f"reg [7:0] seen;\n  {waited}")
    ready = "= !busy && (seen != 3 || waited[63]);"
    proof = _proof(tmp_path, "sum.v", _changed(text, "= !busy;", ready))
    assert proof == HandshakeProof(is_proven=True, is_accepting=False)
