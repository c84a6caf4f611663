"""The ladder's sections on FPGAs, of figures made up for them."""

from __future__ import annotations

from playground.ladder_page import ladder_page
from tests.playground.examples import example_ladder


def _section(page: str, title: str) -> str:
    return page.partition(f"## {title}\n")[2].partition("\n## ")[0]


def test_a_cfu_that_is_too_large_has_a_row_that_says_so() -> None:
    section = _section(ladder_page(example_ladder()), "Area and speed, iCE40 UP5K")
    small = "| `small` | 1,065 | 4 |  | 50.0 | 1,065 | 50.0 |"
    large = (
        "| `large` | does not fit: 32 DSP of 8 (24 too many) |  |  |  "
        "| does not fit: 32 DSP of 8 (24 too many) |  |"
    )
    assert small in section
    assert large in section
    assert "| `none` |  |  |  |  | 1,065 | 50.0 |" in section


def test_every_family_has_its_units() -> None:
    page = ladder_page(example_ladder())
    assert "50.0 (too slow for the board's clock)" in _section(page, "Area and speed, ECP5")
    xilinx = _section(page, "Area and speed, Xilinx 7")
    assert "| CFU | LUTs | DSP | block RAM |" in xilinx
    assert "| `small` | 1,065 | 4 |  |" in xilinx


def test_milliseconds_name_their_clock() -> None:
    section = _section(ladder_page(example_ladder()), "Milliseconds of one inference")
    assert "| `large` | 50.0 | 34.00 | 170.00 |" in section
    assert "`ulx3s` (ECP5)" in section


def test_the_small_fpga_has_its_own_ladder() -> None:
    section = _section(ladder_page(example_ladder()), "kws01 on iCE40 UP5K")
    assert "| `small` | 12,000,000 | `full` | 50.0 | 120 | yes |" in section
    assert "| `tflm` | 204,000,000 | `full` | 50.0 | 2,040 | no |" in section
    assert "| `large` | does not fit: 32 DSP of 8 (24 too many) |  |  |  |  |" in section
    assert "1,899 M cycles" in section
    assert "kws01 on iCE40 UP5K" not in ladder_page(example_ladder(up5k={}))
