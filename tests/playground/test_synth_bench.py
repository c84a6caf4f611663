"""The page of boards, of reports made up for it."""

from __future__ import annotations

from pathlib import Path

import pytest

from boards import board_names, find_board
from playground.progress import Progress, Silent
from playground.synth_bench import (
    SynthBenchmark,
    boards_page,
    measure_boards,
    synth_benchmarks_json,
)
from playground.synthesis import HardwareDesign
from soc.synthesis import Clock, SynthReport
from tests.soc.synthesis.examples import example_report
from toolchain import ArtifactCache, PlaygroundError


def _report(*, board: str = "fomu", reached_hz: float = 20e6) -> SynthReport:
    clock = Clock(net="sys_clk", achieved_hz=reached_hz, required_hz=12e6)
    return example_report(board=board, clocks=(clock,))


def test_the_page_says_what_and_by_which_commands() -> None:
    alone = _report().model_copy(update={"cpu": None})
    page = boards_page([SynthBenchmark(find_board("fomu"), _report(), alone)])
    for text in (
        "Written by `cfu bench synth --write docs/boards.md`; do not edit.",
        "`cfu synth --board BOARD --cfu simd_mac`",
        "`cfu synth --cfu-only --board BOARD --cfu simd_mac`",
        "yosys 0.70 (YoWASP), nextpnr-ice40 0.11 (YoWASP)",
        "| fomu | ice40-up5k-uwg30 | up5k | 4,546 of 5,280 | 867 + 2,480 + 1,199 |",
        "| 2 of 50 RAMB36E1, 3 of 100 RAMB18E1 |",
        "| fomu | sys_clk | 12 | 20.00 | 7 | 40 | 48 | 367 | no |",
    ):
        assert text in page


def test_a_board_that_is_not_placed_has_no_clock() -> None:
    report = example_report(clocks=(), seed=None)
    page = boards_page([SynthBenchmark(find_board("arty_a7_35"), report, report)])
    assert "| arty_a7_35 | not placed | 100 |  |" in page


def test_json_has_both_reports() -> None:
    (values,) = synth_benchmarks_json([SynthBenchmark(find_board("fomu"), _report(), _report())])
    assert values["system"]["resources"][0]["split"] == {"soc": 867, "cpu": 2480, "cfu": 1199}
    assert values["board"] == "fomu"


class _Synthesis:
    """Stands in for the synthesis: of one seed the clock is `first_hz`, of several 20 MHz."""

    def __init__(self, first_hz: float, best_hz: float = 20e6) -> None:
        self.first_hz, self.best_hz = first_hz, best_hz
        self.asked: list[tuple[str, bool, tuple[int, ...]]] = []

    def __call__(
        self,
        design: HardwareDesign,
        *,
        cfu_only: bool = False,
        seeds: tuple[int, ...] = (1,),
        cache: ArtifactCache,
        progress: Progress,
    ) -> SynthReport:
        self.asked.append((design.board, cfu_only, seeds))
        reached = self.first_hz if len(seeds) == 1 else self.best_hz
        return _report(board=design.board, reached_hz=reached)


def _measure(tmp_path: Path) -> tuple[SynthBenchmark, ...]:
    return measure_boards(
        "simd_mac", cache=ArtifactCache(tmp_path), progress=lambda board: Silent()
    )


def test_every_board_with_an_fpga_is_measured(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    synthesis = _Synthesis(first_hz=20e6)
    monkeypatch.setattr("playground.synth_bench.synthesize_design", synthesis)
    measured = [each.board.name for each in _measure(tmp_path)]
    assert measured == [name for name in board_names() if find_board(name).hardware is not None]
    assert {seeds for _, _, seeds in synthesis.asked} == {(1,)}


def test_more_seeds_are_tried_where_one_is_too_slow(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    synthesis = _Synthesis(first_hz=11e6)
    monkeypatch.setattr("playground.synth_bench.synthesize_design", synthesis)
    assert all(each.system.timing_met for each in _measure(tmp_path))
    assert ("fomu", False, (1, 2, 3, 4)) in synthesis.asked


def test_a_board_too_slow_with_any_seed_is_an_error(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(
        "playground.synth_bench.synthesize_design", _Synthesis(first_hz=11e6, best_hz=11.5e6)
    )
    with pytest.raises(PlaygroundError, match=r"clock `sys_clk` reaches 11\.50 of 12 MHz"):
        _measure(tmp_path)
