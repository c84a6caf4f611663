"""Small CFUs by themselves, synthesized and placed by the real tools."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from boards import Board, find_board
from gateware import CfuArtifact, CfuSpec, VerilogFile, load_cfu
from gateware.export import make_artifact
from soc.synthesis import (
    DoesNotFit,
    Provenance,
    ResourceKind,
    Split,
    SynthReport,
    require_timing,
    synthesize_cfu,
)
from soc.synthesis.routing import Routed, Target, route
from soc.synthesis.verilog import Netlist
from toolchain import ArtifactCache, PlaygroundError

_UP5K = "ice40-up5k-sg48"
_PORTS = """
  input cmd_valid, output cmd_ready, input [9:0] cmd_payload_function_id,
  input [31:0] cmd_payload_inputs_0, input [31:0] cmd_payload_inputs_1,
  output rsp_valid, input rsp_ready, output [31:0] rsp_payload_outputs_0,
  input clk, input reset"""


class _Told:
    """Progress that remembers what it was told."""

    def __init__(self) -> None:
        self.phases: list[str] = []

    @contextmanager
    def phase(self, name: str, description: str, *, total: int | None = None) -> Iterator[object]:
        self.phases.append(name)
        yield lambda done: None


def _cfu(body: str, *, name: str = "my.v") -> CfuArtifact:
    text = f"module Cfu ({_PORTS}\n);\n{body}\nendmodule\n"
    return make_artifact(CfuSpec("mine", ()), (VerilogFile(name, text),))


_ADDER = _cfu("""
  reg valid;
  reg [31:0] sum;
  always @(posedge clk) begin
    valid <= cmd_valid;
    sum <= cmd_payload_inputs_0 + cmd_payload_inputs_1;
  end
  assign cmd_ready = 1;
  assign rsp_valid = valid;
  assign rsp_payload_outputs_0 = sum;""")


@pytest.fixture(scope="module")
def board() -> Board:
    return find_board("fomu")


def _synthesize(
    cfu: CfuArtifact, board: Board, device: str = _UP5K, *, seeds: tuple[int, ...] = (1,)
) -> SynthReport:
    return synthesize_cfu(
        cfu,
        board,
        device=device,
        seeds=seeds,
        cache=ArtifactCache.default(),
        progress=_Told(),  # type: ignore[arg-type]
    )


def _used(report: SynthReport, kind: ResourceKind) -> int:
    resource = report.resource(kind)
    assert resource is not None
    assert resource.split == Split(cfu=resource.used)  # the registers around it do not count
    return resource.used


def test_an_adder_on_an_ice40(board: Board) -> None:
    report = _synthesize(_ADDER, board)
    assert (report.device, report.cpu, report.cfu) == (_UP5K, None, "mine")
    assert _used(report, ResourceKind.FF) == 33
    assert 33 <= _used(report, ResourceKind.LOGIC_CELLS) <= 40
    assert _used(report, ResourceKind.DSP) == 0
    cells = report.resource(ResourceKind.LOGIC_CELLS)
    assert cells is not None
    assert cells.available == 5280
    assert cells.provenance is Provenance.POST_ROUTE
    assert report.timing_met
    assert require_timing(report) is report
    clock = report.tightest_clock
    assert clock is not None
    assert (clock.net, clock.required_hz) == ("clk", board.sys_clk_hz)
    assert 20e6 < clock.achieved_hz < 200e6
    path = report.critical_path
    assert path is not None
    assert path.delay_ns == pytest.approx(1e9 / clock.achieved_hz, rel=0.01)
    assert set(report.tools) == set(report.wall_seconds) == {"yosys", "nextpnr-ice40"}
    assert all(peak > 10_000_000 for peak in report.peak_bytes.values())
    assert report.bitstream is None


def test_an_adder_on_an_ecp5(board: Board) -> None:
    report = _synthesize(_ADDER, board, "LFE5U-25F-8MG285C")
    assert _used(report, ResourceKind.FF) == 33
    assert 32 <= _used(report, ResourceKind.LOGIC_CELLS) <= 40
    assert report.timing_met


def test_xilinx_ends_with_yosys(board: Board) -> None:
    report = _synthesize(_ADDER, board, "xc7a35ticsg324-1L")
    assert _used(report, ResourceKind.FF) == 33
    assert _used(report, ResourceKind.LUT) == 32
    assert (report.timing_met, report.fmax_hz, report.seed) == (None, None, None)
    assert report.provenance is Provenance.SYNTHESIS
    assert require_timing(report) is report
    assert all(resource.available for resource in report.resources)
    unknown = _synthesize(_ADDER, board, "xc7k325tffg900-2")
    assert [resource.available for resource in unknown.resources] == [None] * 6


def test_no_cfu_is_next_to_nothing(board: Board) -> None:
    report = _synthesize(load_cfu("none", directory=Path()), board)
    assert _used(report, ResourceKind.LOGIC_CELLS) < 20


def test_the_fastest_seed_is_taken(board: Board) -> None:
    each = [_synthesize(_ADDER, board, seeds=(seed,)) for seed in (1, 2, 3)]
    best = _synthesize(_ADDER, board, seeds=(1, 2, 3))
    assert best.fmax_hz == max(report.fmax_hz or 0 for report in each)
    assert best.seeds_tried == (1, 2, 3)
    assert best.seed in (1, 2, 3)


def test_a_seed_that_finds_no_places_leaves_the_others(
    board: Board, monkeypatch: pytest.MonkeyPatch
) -> None:
    def route_most(netlist: Netlist, target: Target, *, seed: int, **tools: Any) -> Routed:
        if seed == 1:
            raise DoesNotFit(target.device.name, "more places", details="")
        return route(netlist, target, seed=seed, **tools)

    monkeypatch.setattr("soc.synthesis.flow._route", route_most)
    assert _synthesize(_ADDER, board, seeds=(1, 2)).seed == 2
    with pytest.raises(DoesNotFit, match="more places"):
        _synthesize(_ADDER, board)


def test_unmet_timing_names_the_path(board: Board) -> None:
    report = _synthesize(_ADDER, dataclasses.replace(board, sys_clk_hz=400_000_000))
    assert report.timing_met is False  # the report is there all the same
    with pytest.raises(PlaygroundError) as caught:
        require_timing(report)
    message = caught.value.message
    assert message.startswith("timing is not met: clock `clk` reaches ")
    assert " of 400 MHz: " in message
    assert " ns from `" in message
    assert "in the CFU" in message
    assert "`--seeds 8`" in (caught.value.hint or "")


def test_too_large_says_by_how_much(board: Board) -> None:
    products = _cfu("""
  reg [31:0] sums [8:0];
  genvar i;
  generate for (i = 0; i < 9; i = i + 1) begin
    always @(posedge clk) sums[i] <= sums[i] + cmd_payload_inputs_0[i +: 16] *
                                     cmd_payload_inputs_1[15 - i +: 16];
  end endgenerate
  assign cmd_ready = 1;
  assign rsp_valid = cmd_valid;
  assign rsp_payload_outputs_0 = sums[cmd_payload_function_id[3:0]];""")
    with pytest.raises(PlaygroundError) as caught:
        _synthesize(products, board)
    assert caught.value.message == (
        f"the design is too large for `{_UP5K}`: it needs 9 DSP of 8 (1 too many)"
    )
    assert "--cfu-only" in (caught.value.hint or "")
    assert "in the CFU (synthesis)" in (caught.value.details or "")


@pytest.mark.parametrize(
    ("body", "line", "reason"),
    [
        ("  assign cmd_ready = ;", 7, "syntax error"),
        ("  reg x;\n  always @(posedge clk) x <= undeclared(1);", 8, "undeclared"),
        ("  initial begin\n    forever #5 ;\n  end", 8, ""),
    ],
)
def test_what_yosys_rejects_has_a_file_and_a_line(
    board: Board, body: str, line: int, reason: str
) -> None:
    with pytest.raises(PlaygroundError) as caught:
        _synthesize(_cfu(body, name="my_unit.sv"), board)
    assert caught.value.message.startswith(f"`my_unit.sv` line {line}: Yosys does not take it")
    assert reason in caught.value.message
    assert "my_unit.sv" in (caught.value.details or "")


def test_a_missing_module_is_told_in_yosys_words(board: Board) -> None:
    with pytest.raises(PlaygroundError) as caught:
        _synthesize(_cfu("  Absent absent ();"), board)
    assert "Absent" in (caught.value.details or "")


def test_results_are_kept(board: Board) -> None:
    first = _synthesize(_ADDER, board)
    assert _synthesize(_ADDER, board) == first  # the time it took then included
