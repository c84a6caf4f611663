"""What the ladder measures, with flows that only take down what they are asked for."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import pytest

from boards import find_board
from gateware import shipped_cfus
from playground.catalog import CatalogModel, catalog
from playground.design import Design
from playground.ladder import DRAM_BOARD, UP5K, Ladder, Refusal, Rung, ladder_rungs, measure_ladder
from playground.progress import Progress, Silent
from playground.synthesis import HardwareDesign
from profiles import ModelIdentity, Profile
from profiles.advice import Advice, Engine, advise
from soc.synthesis import Clock, DoesNotFit, SynthReport
from tests.profiles.examples import MISMATCH, example_layer, example_profile
from tests.soc.synthesis.examples import example_report
from toolchain import ArtifactCache, PlaygroundError, ToolFailed, ToolMissing

_RUNGS = (
    Rung("tflm", "none", "none", ""),
    Rung("plain", "none", "none", ""),
    Rung("simd_mac", "simd_mac", None, ""),
    Rung("mac4", "mac4", "none", ""),
)
_CYCLES = {"none": 8_000_000, "simd_mac": 1_000_000, "mac4": 2_000_000}


@dataclass
class _Flows:
    """Runs and syntheses; `fails` is raised by the run of a CFU on a board."""

    ran: list[Design] = field(default_factory=list)
    synthesized: list[tuple[str, str, bool, int]] = field(default_factory=list)
    fails: dict[tuple[str, str], Exception] = field(default_factory=dict)
    too_large: frozenset[tuple[str, str]] = frozenset()
    too_large_cpu: str | None = None
    reached_hz: float = 100e6

    def run(self, design: Design, *, cache: ArtifactCache, progress: Progress) -> Profile:
        self.ran.append(design)
        where = design.compiler if design.compiler != "zig" else design.board
        if (design.cfu, where) in self.fails:
            raise self.fails[design.cfu, where]
        return example_profile(
            model=ModelIdentity(name=design.model.stem, digest="ab" * 32),
            board=design.board,
            layers=(example_layer(cycles=_CYCLES[design.cfu]),),
        )

    def advise(self, design: Design, profile: Profile) -> Advice:
        return advise(profile, Engine(design.cfu), bytes_of=[1_000])

    def synthesize(
        self,
        design: HardwareDesign,
        *,
        cfu_only: bool = False,
        seeds: tuple[int, ...] = (1,),
        cache: ArtifactCache,
        progress: Progress,
    ) -> SynthReport:
        self.synthesized.append((design.cfu, design.board, cfu_only, len(seeds)))
        if (design.cfu, design.board) in self.too_large:
            raise DoesNotFit("device", "32 DSP of 8 (24 too many)", details="")
        cpu = design.cpu or find_board(design.board).cpu
        if not cfu_only and cpu == self.too_large_cpu:
            raise DoesNotFit("device", "one logic cell too many", details="")
        clock = Clock(net="sys_clk", achieved_hz=self.reached_hz, required_hz=50e6)
        return example_report(board=design.board, cpu=cpu, cfu=design.cfu, clocks=(clock,))


@pytest.fixture
def flows(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> _Flows:
    fake = _Flows()
    monkeypatch.setattr("playground.ladder.run_design", fake.run)
    monkeypatch.setattr("playground.ladder.synthesize_design", fake.synthesize)
    monkeypatch.setattr("playground.ladder.advise_design", fake.advise)
    monkeypatch.setattr("playground.ladder.UP5K_MODEL", "digits_cnn")
    monkeypatch.setenv("CFU_CACHE", str(tmp_path))
    return fake


def _models(*names: str) -> list[CatalogModel]:
    return [model for model in catalog(ArtifactCache.default()) if model.name in names]


def _measure(*names: str) -> Ladder:
    models = _models(*(names or ("digits_cnn",)))
    return measure_ladder(
        models, _RUNGS, cache=ArtifactCache.default(), progress=lambda subject: Silent()
    )


def test_rungs_are_what_cfus_declare_in_their_order() -> None:
    rungs = ladder_rungs()
    assert [rung.name for rung in rungs][:2] == ["tflm", "portable"]
    names = [rung.name for rung in rungs][2:]
    assert set(names) <= set(shipped_cfus())
    assert names.index("mac4") < names.index("simd_mac")
    assert all(rung.teaches for rung in rungs)


def test_every_rung_runs_every_model(flows: _Flows) -> None:
    ladder = _measure("digits_cnn", "ds_cnn_seeded")
    assert set(ladder.ideal) == {
        (rung.name, model) for rung in _RUNGS for model in ("digits_cnn", "ds_cnn_seeded")
    }
    assert ladder.best("digits_cnn").name == "simd_mac"
    assert ladder.advice["digits_cnn"].engine.name == "simd_mac"


def test_the_fastest_rungs_run_with_dram_the_lowest_of_equals(flows: _Flows) -> None:
    assert [rung for rung, _ in _measure().dram] == ["tflm", "simd_mac", "mac4"]
    boards = [(each.cfu, each.board) for each in flows.ran if each.board == DRAM_BOARD]
    assert boards == [("none", DRAM_BOARD), ("simd_mac", DRAM_BOARD), ("mac4", DRAM_BOARD)]


def test_on_the_small_board_code_and_weights_are_placed_in_ram(flows: _Flows) -> None:
    _measure()
    places = {each.place for each in flows.ran if each.board == "fomu"}
    assert places == {"kernels=sram,weights=sram"}


def test_a_cfu_is_synthesized_by_itself_and_in_systems_that_are_placed(flows: _Flows) -> None:
    _measure()
    assert [each for each in flows.synthesized if each[0] == "mac4"] == [
        ("mac4", "fomu", True, 1),
        ("mac4", "ulx3s", True, 1),
        ("mac4", DRAM_BOARD, True, 1),
        ("mac4", "fomu", False, 1),
        ("mac4", "ulx3s", False, 1),
    ]
    assert ("none", "fomu", True, 1) not in flows.synthesized


def test_a_slow_system_is_placed_again_and_shown_if_it_stays_slow(flows: _Flows) -> None:
    flows.reached_hz = 40e6
    report = _measure().systems["mac4", "ulx3s"]
    assert ("mac4", "ulx3s", False, 2) in flows.synthesized
    assert isinstance(report, SynthReport)
    assert report.timing_met is False


def test_what_does_not_fit_is_no_error_and_does_not_run(flows: _Flows) -> None:
    flows.too_large = frozenset({("simd_mac", "fomu")})
    ladder = _measure()
    reason = Refusal("does not fit: 32 DSP of 8 (24 too many)")
    assert ladder.alone["simd_mac", "fomu"] == ladder.systems["simd_mac", "fomu"] == reason
    assert ladder.up5k["simd_mac"] == reason
    assert isinstance(ladder.up5k["mac4"], Profile)
    assert ("simd_mac", "fomu") not in [(each.cfu, each.board) for each in flows.ran]


def test_what_does_not_fit_beside_the_boards_own_cpu_is_tried_beside_a_smaller_one(
    flows: _Flows,
) -> None:
    flows.too_large_cpu = find_board("fomu").cpu
    ladder = _measure()
    report = ladder.systems["mac4", "fomu"]
    assert isinstance(report, SynthReport)
    assert report.cpu == UP5K.smaller_cpu
    assert {each.cpu for each in flows.ran if each.board == "fomu"} == {UP5K.smaller_cpu}


def test_memory_that_is_too_small_is_told_and_a_failing_tool_is_an_error(flows: _Flows) -> None:
    flows.fails = {("mac4", "fomu"): PlaygroundError("140,000 bytes in `sram` of 131,072")}
    assert _measure().up5k["mac4"] == Refusal("140,000 bytes in `sram` of 131,072")
    flows.fails = {("mac4", "fomu"): ToolFailed("no instruction retires")}
    with pytest.raises(ToolFailed, match="no instruction retires"):
        _measure()


def test_a_wrong_result_is_an_error(flows: _Flows, monkeypatch: pytest.MonkeyPatch) -> None:
    wrong = example_layer(bit_exact=False, mismatch=MISMATCH)
    monkeypatch.setattr(
        "playground.ladder.run_design", lambda *_, **__: example_profile(layers=(wrong,))
    )
    with pytest.raises(PlaygroundError, match="instead of -7"):
        _measure()


def test_the_small_board_has_one_model(flows: _Flows) -> None:
    assert _measure("ds_cnn_seeded").up5k == {}


def test_without_gcc_its_row_is_left_out(flows: _Flows) -> None:
    assert set(_measure().gcc) == {"digits_cnn"}  # type: ignore[arg-type]
    flows.fails = {("none", "gcc"): ToolMissing("no RISC-V GCC is on PATH")}
    assert _measure().gcc == Refusal("no RISC-V GCC is on PATH")
