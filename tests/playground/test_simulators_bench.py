from __future__ import annotations

import pytest

from boards import Board
from gateware import shipped_cfus
from gateware.spec import CfuPorts
from playground.simulators_bench import (
    SimulatorsBenchmark,
    fast_cfus,
    read_counts,
    simulators_json,
    simulators_page,
)
from profiles import Provenance, Simulator, Sources
from tests.profiles.examples import example_layer, example_profile


def _benchmark(cycles: int = 8_620_000) -> SimulatorsBenchmark:
    fast = example_profile(
        layers=(
            example_layer(0, cycles=cycles),
            example_layer(1, operator="SOFTMAX", macs=0, cycles=80_000),
        ),
        simulator=Simulator(name="fast", version="12345678"),
        sources=Sources(cycles=Provenance.FAST, instructions=Provenance.FAST),
        simulated_instructions=5_000_000,
        wall_seconds={"simulate": 0.1},
    )
    return SimulatorsBenchmark(cfu="mac4", fast=fast, rtl=example_profile())


def test_the_page_has_counts_and_speeds() -> None:
    page = simulators_page([_benchmark(), _benchmark(8_619_990)], command="cfu bench sim")
    for text in (
        "Written by `cfu bench sim`; do not edit.",
        "- rtl: verilator 5.48.0; fast: fast 12345678",
        "- CPU `full`, board `sim`, ideal main_ram, 16 MiB",
        "| kws | `mac4` | 8,700,000 | 8,700,000 | 0 | 4.50 | 90.00 | 2.50 | 50.00 | 20.0× |",
        "| kws | `mac4` | 8,700,000 | 8,699,990 | 10 | 4.50 | 90.00 | 2.50 | 50.00 | 20.0× |",
    ):
        assert text in page


def test_counts_are_read_back() -> None:
    page = simulators_page([_benchmark(8_619_990)], command="cfu bench sim")
    assert read_counts(page) == {("mac4", "kws"): (8_700_000, 8_699_990)}


def test_json() -> None:
    (row,) = simulators_json([_benchmark(8_620_001)])
    assert (row["model"], row["cfu"], row["cycles_apart"]) == ("kws", "mac4", 1)
    assert row["times_as_fast"] == pytest.approx(20.0)
    assert row["fast"]["mips"] == pytest.approx(50.0)
    assert row["rtl"]["mhz"] == pytest.approx(4.5)
    assert row["rtl"]["profile"]["total_cycles"] == 8_700_000


def test_cfus_that_the_fast_simulator_is_for(monkeypatch: pytest.MonkeyPatch) -> None:
    def refusal(board: Board, ports: CfuPorts) -> str | None:
        return "it has a memory port" if ports.memory else None

    monkeypatch.setattr("playground.simulators_bench.fast_refusal", refusal)
    assert fast_cfus()[0] == "none"
    assert set(shipped_cfus()) - set(fast_cfus()) == {"array_dma"}
    assert fast_cfus(["mac4", "none"]) == ("mac4", "none")
