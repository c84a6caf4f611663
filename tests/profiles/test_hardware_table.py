from __future__ import annotations

from rich.console import Console

from profiles import Comparison, compare, hardware_table
from soc.synthesis import Clock
from tests.profiles.examples import example_profile
from tests.soc.synthesis.examples import example_report


def _shown(comparison: Comparison) -> list[str]:
    console = Console(width=200, record=True, color_system=None)
    with console.capture() as captured:
        console.print(hardware_table(comparison, width=200))
    return [" ".join(line.split()) for line in captured.get().splitlines()]


def test_cycles_become_milliseconds() -> None:
    lines = _shown(compare(example_profile(), example_profile(total_cycles=9_000_000)))
    assert "cycles 8,700,000 9,000,000" in lines
    assert "clock, MHz 100 100" in lines
    assert "milliseconds 87.000 90.000" in lines
    assert "cycles: rtl; clock: the board's" in lines
    # The caption is wrapped at the table's width.
    assert "`cfu synth` of a design, or `--synth`, adds its area" in " ".join(lines)
    assert not any("logic cells" in line for line in lines)


def test_area_and_its_provenance() -> None:
    slow = Clock(net="sys_clk", achieved_hz=11e6, required_hz=12e6)
    lines = _shown(
        compare(
            example_profile(synthesis=example_report(clocks=(slow,))),
            example_profile(synthesis=example_report()),
            example_profile(),
        )
    )
    assert "fastest clock, MHz 11.00 NOT MET 20.00 -" in lines
    assert "logic cells 4,546 of 5,280 4,546 of 5,280 -" in lines
    assert lines.count("of these in the CFU 1,199 1,199 -") == 1  # no block RAM is
    assert "BRAM (RAMB36E1) 2 of 50 2 of 50 -" in lines
    assert "BRAM (RAMB18E1) 3 of 100 3 of 100 -" in lines
    source = (
        "post-route and synthesis on ice40-up5k-uwg30, yosys 0.70 (YoWASP), "
        "nextpnr-ice40 0.11 (YoWASP), seed 3"
    )
    assert any(source in " ".join(lines[start:]) for start in range(len(lines)))
    assert any(line.startswith("#0 area and fastest clock: post-route") for line in lines)


def test_what_was_not_placed_has_no_clock() -> None:
    report = example_report(clocks=(), seed=None)
    lines = _shown(compare(example_profile(synthesis=report), example_profile()))
    assert "fastest clock, MHz - -" in lines
