"""The figures of README.md are those of the pages that are measured."""

from __future__ import annotations

import re
from pathlib import Path

from playground.benchmarks import read_totals
from playground.ladder import ladder_rungs
from playground.ladder_page import read_ladder

_ROOT = Path(__file__).parents[2]
_README = (_ROOT / "README.md").read_text()
_BENCHMARKS = (_ROOT / "docs" / "benchmarks.md").read_text()
_LADDER = (_ROOT / "docs" / "ladder.md").read_text()


def test_the_demo_has_the_cycles_of_the_benchmarks() -> None:
    section = _BENCHMARKS.partition("\n## ds_cnn_seeded")[2].partition("\n## ")[0]
    measured = {
        tuple(cell.strip() for cell in line.strip("|").split("|") if cell.strip())
        for line in section.splitlines()
    }
    shown = re.findall(
        r"^ {4} *(\d+) +([A-Z_\d]+) +(\S+) +(\S+) +(\S+) +(\S+×) +(\S+)$", _README, re.M
    )
    assert len(shown) == 4
    for layer in shown:
        assert any(set(layer) <= set(row) for row in measured), layer
    totals = re.findall(r"^ +total +([\d,]+) +([\d,]+) +([\d.]+)×$", _README, re.M)
    ((baseline, faster, speedup),) = totals
    counts = tuple(int(cycles.replace(",", "")) for cycles in (baseline, faster))
    assert counts == read_totals(_BENCHMARKS)["ds_cnn_seeded"]
    assert speedup == f"{counts[0] / counts[1]:.2f}"
    milliseconds = [f"{cycles / 1e5:,.1f} ms" for cycles in counts]
    assert (
        f"is {speedup} times as fast with `simd_mac`, {' to '.join(milliseconds)} at 100 MHz"
        in _README
    )


def test_the_short_ladder_is_that_of_the_page() -> None:
    counts = read_ladder(_LADDER)
    rows = re.findall(r"^\| .* \| ([\d.]+) M \|$", _README, re.M)
    expected = [
        f"{cycles / 1e6:.1f}" if cycles >= 1e6 else f"{cycles / 1e6:.2f}"
        for rung in ladder_rungs()
        if rung.name != "inner_loop_up5k"  # which is for another FPGA
        for cycles in (counts[rung.name, "kws01"],)
    ]
    assert rows == expected
