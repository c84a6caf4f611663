"""A ladder of figures made up for tests."""

from __future__ import annotations

__all__ = ["example_ladder"]

from dataclasses import replace
from typing import Any

from playground.ladder import DRAM_BOARD, FPGAS, Ladder, Refusal, Rung
from profiles import CfuIdentity, Compiler, ModelIdentity, Profile
from profiles.advice import Engine, advise
from soc.synthesis import Clock, Provenance, Resource, ResourceKind, Split, SynthReport
from tests.profiles.examples import example_layer, example_profile
from tests.soc.synthesis.examples import example_report

_RUNGS = (
    Rung("tflm", "none", "none", "where everybody begins"),
    Rung("portable", "none", "portable", "better C++"),
    Rung("small", "small", None, "a first CFU"),
    Rung("large", "large", None, "many units"),
)
_CYCLES = {"tflm": 68_000_000, "portable": 34_000_000, "small": 4_000_000, "large": 1_700_000}
_TOO_LARGE = Refusal("does not fit: 32 DSP of 8 (24 too many)")


def example_ladder(**changes: Any) -> Ladder:
    """Return four rungs on two models: `kws01`, of which the bar is reached, and `vww01`."""
    models = ("kws01", "vww01")
    by_board = {fpga.board: fpga for fpga in FPGAS}
    systems = {
        (cfu, fpga.board): _report(cfu, fpga.board)
        for cfu in ("none", "small", "large")
        for fpga in FPGAS
        if fpga.is_placed
    }
    alone = {(cfu, board): _report(cfu, board) for cfu in ("small", "large") for board in by_board}
    profiles = {(rung.name, model): _profile(rung, model) for rung in _RUNGS for model in models}
    fields: dict[str, Any] = {
        "rungs": _RUNGS,
        "models": {"kws01": "keyword spotting", "vww01": "visual wake words"},
        "ideal": profiles,
        "advice": {
            model: advise(profiles["large", model], Engine("large", 32.0), bytes_of=[20_000, 1_000])
            for model in models
        },
        "gcc": {
            model: _profile(_RUNGS[0], model).model_copy(
                update={
                    "total_cycles": 90_000_000,
                    "compiler": Compiler(name="gcc", version="12.2.0", flags=("-O2",)),
                }
            )
            for model in models
        },
        "alone": alone | {("large", "fomu"): _TOO_LARGE},
        "systems": systems | {("large", "fomu"): _TOO_LARGE},
        "up5k": {
            rung.name: _TOO_LARGE if rung.cfu == "large" else _profile(rung, "kws01", times=3)
            for rung in _RUNGS
        },
        "dram": {
            (rung.name, model): _profile(rung, model, times=2).model_copy(
                update={"board": DRAM_BOARD}
            )
            for rung in _RUNGS[2:]
            for model in models
        },
    }
    return replace(Ladder(**fields), **changes)


def _profile(rung: Rung, model: str, *, times: int = 1) -> Profile:
    cycles = _CYCLES[rung.name] * times * (5 if model == "vww01" else 1)
    layers = (
        example_layer(0, cycles=cycles * 3 // 4, kernel="conv_2d.cc"),
        example_layer(1, operator="SOFTMAX", macs=0, cycles=cycles // 4),
    )
    return example_profile(
        cfu=CfuIdentity(name=rung.cfu, digest="" if rung.cfu == "none" else "12" * 32),
        model=ModelIdentity(name=model, digest="ab" * 32),
        layers=layers,
        total_cycles=cycles,
    )


def _report(cfu: str, board: str) -> SynthReport:
    placed = next(fpga.is_placed for fpga in FPGAS if fpga.board == board)
    kind, cell = (
        (ResourceKind.LOGIC_CELLS, "ICESTORM_LC") if placed else (ResourceKind.LUT, "LUT1-LUT6")
    )
    cells = Resource(
        kind=kind,
        cell=cell,
        split=Split(cfu=1_065),
        available=5_280,
        provenance=Provenance.SYNTHESIS,
    )
    dsp = cells.model_copy(
        update={"kind": ResourceKind.DSP, "cell": "DSP", "split": Split(cfu=4), "available": 8}
    )
    clock = Clock(net="sys_clk", achieved_hz=50e6, required_hz=12e6 if board == "fomu" else 60e6)
    return example_report(
        board=board, cfu=cfu, resources=(cells, dsp), clocks=(clock,) if placed else ()
    )
