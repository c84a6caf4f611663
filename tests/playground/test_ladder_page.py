"""The page of the ladder, of figures made up for it."""

from __future__ import annotations

import json

from playground.ladder import Refusal
from playground.ladder_page import ladder_json, ladder_page, read_ladder
from tests.playground.examples import example_ladder


def _section(page: str, title: str) -> str:
    return page.partition(f"## {title}\n")[2].partition("\n## ")[0]


def test_cycles_are_read_back() -> None:
    found = read_ladder(ladder_page(example_ladder()))
    assert found["tflm", "kws01"] == 68_000_000
    assert found["large", "vww01"] == 8_500_000
    assert found["tflm, GCC", "kws01"] == 90_000_000
    assert len(found) == 2 * 5


def test_the_page_says_where_its_numbers_come_from() -> None:
    page = ladder_page(example_ladder())
    for text in (
        "Written by `cfu bench ladder --write docs/ladder.md`; do not edit.",
        "- cycles: rtl, counted by the CPU in verilator 5.48.0",
        "- board `sim`, CPU `full`, ideal main_ram, 16 MiB",
        "- compiler: zig 0.17.0, `-O2 -std=c++17`, the same for all rungs",
        "| `small` | `small` | a first CFU |",
        "| `tflm` | none | where everybody begins |",
        "gcc 12.2.0 -O2",
    ):
        assert text in page


def test_speedups_are_over_both_sets_of_kernels() -> None:
    page = ladder_page(example_ladder())
    assert "| `large` | 40.00× | 40.00× |" in _section(page, "Speedup over `tflm`")
    over_portable = _section(page, "Speedup over `portable`")
    assert "| `large` | 20.00× | 20.00× |" in over_portable
    assert "| `tflm` | 0.50× | 0.50× |" in over_portable


def test_without_portable_kernels_there_is_one_baseline() -> None:
    ladder = example_ladder()
    rungs = tuple(rung for rung in ladder.rungs if rung.name != "portable")
    page = ladder_page(example_ladder(rungs=rungs))
    assert "Speedup over `tflm`" in page
    assert page.count("## Speedup over") == 1


def test_published_marks_are_beside_what_was_reached() -> None:
    section = _section(ladder_page(example_ladder()), "Beside what is published")
    assert "| kws01 | 87 M | 4.1 M | 9.8 M | 2 M | 1.7 M (`large`) | yes |" in section
    assert "| vww01 | 226 M | 13.5 M |  | 6.5 M | 8.5 M (`large`) | no |" in section
    assert "- Andes D45, packed SIMD: MLPerf Tiny v0.7" in section


def test_a_bar_that_is_not_reached_is_explained() -> None:
    page = ladder_page(example_ladder())
    assert "In the way of kws01" not in page
    row = "| 0 | CONV_2D | 1×25×5×64 | 512,000 | 6,375,000 | 75.0% | overhead | 16,000 |"
    assert row in _section(page, "In the way of vww01: the slowest layers of `large`")


def test_layers_have_the_cycles_of_every_rung() -> None:
    section = _section(ladder_page(example_ladder()), "Layers of kws01: keyword spotting")
    row = "| 0 | CONV_2D | 1×25×5×64 | 512,000 | 51,000,000 | 25,500,000 | 3,000,000 | 1,275,000 |"
    assert row in section


def test_without_gcc_the_page_says_so() -> None:
    page = ladder_page(example_ladder(gcc=Refusal("no RISC-V GCC is on PATH")))
    assert "The row of GCC is missing: no RISC-V GCC is on PATH." in page
    assert ("tflm, GCC", "kws01") not in read_ladder(page)


def test_json_has_figures_or_reasons() -> None:
    values = json.loads(json.dumps(ladder_json(example_ladder())))
    assert values["rungs"][3]["name"] == "large"
    assert values["up5k"]["large"] == "does not fit: 32 DSP of 8 (24 too many)"
    assert len(values["runs"]) == 2 * (4 + 2)
    (report,) = [
        each["report"]
        for each in values["synthesis"]
        if (each["cfu"], each["board"], each["system"]) == ("small", "fomu", False)
    ]
    assert report["resources"][0]["split"]["cfu"] == 1_065
