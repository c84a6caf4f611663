"""The ladder's figures with DRAM, of a ladder made up for it."""

from __future__ import annotations

from playground.ladder_dram import dram_sections
from tests.playground.examples import example_ladder

_PAGE = "\n".join(dram_sections(example_ladder()))


def test_the_fastest_rungs_are_beside_what_is_to_be_reached() -> None:
    header = "| model | `small` | `large` | waiting | to reach | reached |"
    assert header in _PAGE
    assert "| kws01 | 8,000,000 (80.00 ms) | 3,400,000 (34.00 ms) | 50% | 2 M | no |" in _PAGE


def test_a_model_without_a_mark_has_nothing_to_reach() -> None:
    ladder = example_ladder()
    (profile,) = (p for (rung, model), p in ladder.dram.items() if (rung, model) == _LARGE)
    found = "\n".join(
        dram_sections(
            example_ladder(
                models={"other": "none of theirs"},
                ideal={("large", "other"): ladder.ideal[_LARGE]},
                dram={("large", "other"): profile},
            )
        )
    )
    assert "| other | 3,400,000 (34.00 ms) | 50% |  |  |" in found
    assert "Where" not in found


def test_where_a_model_waits_that_misses_its_mark_is_told() -> None:
    section = _PAGE.partition("## Where kws01 waits for DRAM, with `large`")[2]
    row = "| 1×25×5×64 | 512,000 | 2,550,000 | 1,275,000 | 1,275,000 | 20,000 | 1020.0 |"
    assert row in section


_LARGE = ("large", "kws01")
