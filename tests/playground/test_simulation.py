"""Which simulator runs a design that names one, and one that does not."""

from __future__ import annotations

from pathlib import Path

import pytest

from boards import Board, find_board
from gateware.spec import CfuPorts
from playground import simulation
from playground.design import Design, Trace
from playground.simulation import Choice, choose_simulator
from toolchain import PlaygroundError

_MODEL = Path("m.tflite")
_SIM = find_board("sim")
_DRAM = find_board("arty_a7_35")
_NO_DRAM = "board `arty_a7_35` has DRAM, which the fast simulator has not"
_NO_WAVE = "the fast simulator has no signals to write a waveform of"
_TRACE = Trace(Path("t.fst"))


@pytest.fixture(params=[False, True], ids=["rtl", "fast"])
def prefers_fast(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> bool:
    monkeypatch.setattr(simulation, "PREFERS_FAST", request.param)
    return bool(request.param)


@pytest.mark.parametrize("name", ["verilator", "fast", "board"])
def test_the_one_that_is_named_is_taken(name: str, prefers_fast: bool) -> None:
    choice = choose_simulator(Design(model=_MODEL, simulator=name), _SIM, CfuPorts())
    assert choice == Choice(name)


def test_the_default_is_the_preferred_one(prefers_fast: bool) -> None:
    choice = choose_simulator(Design(model=_MODEL), _SIM, CfuPorts())
    assert choice == Choice("fast" if prefers_fast else "verilator")


@pytest.mark.parametrize(
    ("board", "ports", "trace", "reason"),
    [
        (_DRAM, CfuPorts(), None, _NO_DRAM),
        (
            _SIM,
            CfuPorts(scratchpad_bytes=64),
            None,
            "the CFU has a scratchpad, which the fast simulator has not",
        ),
        (_SIM, CfuPorts(), _TRACE, _NO_WAVE),
    ],
)
def test_the_default_gives_way_and_says_why(
    prefers_fast: bool, board: Board, ports: CfuPorts, trace: Trace | None, reason: str
) -> None:
    design = Design(model=_MODEL, trace=trace)
    expected = Choice("verilator", reason if prefers_fast else None)
    assert choose_simulator(design, board, ports) == expected


@pytest.mark.parametrize(
    ("board", "trace", "message", "hint"),
    [
        (
            _DRAM,
            None,
            _NO_DRAM,
            "`--simulator verilator` simulates everything; `--ideal-memory` makes it block RAM",
        ),
        (
            find_board("fomu"),
            None,
            "board `fomu` has SPRAM and SPI flash, which the fast simulator has not",
            "`--simulator verilator` simulates everything",
        ),
        (_SIM, _TRACE, _NO_WAVE, "`--simulator verilator` simulates everything"),
    ],
)
def test_the_fast_one_where_it_cannot_is_an_error(
    prefers_fast: bool, board: Board, trace: Trace | None, message: str, hint: str
) -> None:
    design = Design(model=_MODEL, simulator="fast", trace=trace)
    with pytest.raises(PlaygroundError) as caught:
        choose_simulator(design, board, CfuPorts())
    assert (caught.value.message, caught.value.hint) == (message, hint)


def test_other_simulators_are_not_judged() -> None:
    design = Design(model=_MODEL, simulator="verilator", trace=_TRACE)
    assert choose_simulator(design, _DRAM, CfuPorts(memory=True)) == Choice("verilator")
