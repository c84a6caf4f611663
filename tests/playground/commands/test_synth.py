from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.playground.conftest import Ran

Cfu = Callable[..., Ran]

_VERILOG = """\
module Cfu (
  input cmd_valid, output cmd_ready, input [9:0] cmd_payload_function_id,
  input [31:0] cmd_payload_inputs_0, input [31:0] cmd_payload_inputs_1,
  output rsp_valid, input rsp_ready, output [31:0] rsp_payload_outputs_0,
  input clk, input reset);
  assign cmd_ready = rsp_ready;
  assign rsp_valid = cmd_valid;
  assign rsp_payload_outputs_0 = cmd_payload_inputs_0 ^ cmd_payload_inputs_1;
"""
_DESCRIPTION = """\
sources = ["mine.v"]
[[instruction]]
name = "mix"
funct3 = 0
latency = 0
"""


@pytest.fixture(autouse=True)
def _directory(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)


def _write_cfu(body: str = "") -> str:
    Path("mine.v").write_text(f"{_VERILOG}{body}\nendmodule\n")
    Path("mine.toml").write_text(_DESCRIPTION)
    return "mine.toml"


def test_a_cfu_by_itself(cfu: Cfu) -> None:
    ran = cfu("synth", "--cfu-only", "--cfu", _write_cfu(), "--board", "fomu")
    assert ran.code == 0, ran.err
    assert "fomu · CFU mine alone · ice40-up5k-uwg30" in ran.out
    assert "logic cells" in ran.out
    assert "an estimate without the system around it" in ran.out
    assert "CPU" not in ran.out.partition("clock clk")[0]  # it has no part in this table
    assert "synthesizing CFU `mine` for iCE40" in ran.err


def test_json_and_a_saved_report(cfu: Cfu) -> None:
    arguments = ["--cfu-only", "--cfu", _write_cfu(), "--board", "ulx3s", "--seeds", "2"]
    ran = cfu("synth", *arguments, "--seed", "5", "--json", "--save", "report.json")
    assert ran.code == 0, ran.err
    report = json.loads(ran.out)
    assert report == json.loads(Path("report.json").read_text())
    assert report["seeds_tried"] == [5, 6]
    assert report["seed"] in (5, 6)
    cells = next(r for r in report["resources"] if r["kind"] == "logic cells")
    assert cells["split"] == {"soc": 0, "cpu": 0, "cfu": cells["split"]["cfu"]}


def test_a_project_says_what_to_synthesize(cfu: Cfu) -> None:
    _write_cfu()
    Path("cfu.toml").write_text('model = "digits_cnn"\ncfu = "mine.toml"\nboard = "fomu"\n')
    Path("inside").mkdir()
    ran = cfu("synth", "--cfu-only")
    assert "fomu · CFU mine alone" in ran.out, ran.err
    ran = cfu("synth", "--cfu-only", "--board", "arty_a7_35")  # flags come first
    assert "arty_a7_35 · CFU mine alone" in ran.out, ran.err


@pytest.mark.parametrize(
    ("arguments", "message", "hint"),
    [
        (["--board", "formu"], "there is no board `formu`", "did you mean `fomu`?"),
        (["--board", "fomu", "--cpu", "ful"], "there is no CPU `ful`", "did you mean `full`?"),
        (["--board", "fomu", "--cfu", "simdmac"], "there is no CFU `simdmac`", "`simd_mac`"),
        ([], "board `sim` exists in simulation only", "`--board NAME`"),
        (
            ["--board", "fomu", "--cfu-only", "--output", "x.bin"],
            "`--output` takes a bitstream, and `--cfu-only` makes none",
            "`--save FILE`",
        ),
        (
            ["--board", "fomu", "--output", "absent/x.bin"],
            "cannot write `absent/x.bin`: there is no directory `absent`",
            "another",
        ),
    ],
)
def test_what_cannot_be_is_known_at_once(
    cfu: Cfu, arguments: list[str], message: str, hint: str
) -> None:
    ran = cfu("synth", *arguments)
    assert ran.code == 1
    assert f"error: {message}" in ran.err
    assert hint in ran.err


def test_missing_native_tools(cfu: Cfu, monkeypatch: pytest.MonkeyPatch) -> None:
    reference = _write_cfu()
    monkeypatch.setenv("PATH", "/nonexistent")
    ran = cfu("synth", "--cfu-only", "--cfu", reference, "--board", "fomu", "--tools", "native")
    assert ran.code == 3
    assert "error: `yosys` is not on PATH" in ran.err
    assert "hint: " in ran.err


def test_verilog_that_simulates_and_does_not_synthesize(cfu: Cfu) -> None:
    reference = _write_cfu("  reg r;\n  always @(posedge clk or negedge clk) r <= reset;")
    ran = cfu("synth", "--cfu-only", "--cfu", reference, "--board", "fomu")
    assert ran.code == 1
    assert "error: `mine.v` line 10: Yosys does not take it" in ran.err


def test_a_whole_system(cfu: Cfu) -> None:
    ran = cfu("synth", "--board", "fomu", "--output", ".", "--json")
    assert ran.code == 0, ran.err
    report = json.loads(ran.out)
    assert report["bitstream"] == "fomu-none.bin"
    assert Path("fomu-none.bin").stat().st_size == 104_090  # of an UP5K, always
    assert report["clocks"]
    for clock in report["clocks"]:
        assert clock["achieved_hz"] >= clock["required_hz"]
    cells = next(r for r in report["resources"] if r["kind"] == "logic cells")
    assert all(cells["split"][part] > 0 for part in ("soc", "cpu", "cfu"))
    assert cells["split"]["cpu"] > 1000
    assert sum(cells["split"].values()) < cells["available"] == 5280
    spram = next(r for r in report["resources"] if r["kind"] == "SPRAM")
    assert sum(spram["split"].values()) == spram["available"] == 4
