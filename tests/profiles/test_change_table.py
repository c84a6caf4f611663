from __future__ import annotations

import pytest
from rich.console import Console
from rich.table import Table

from profiles import LayerProfile, Profile, compare
from profiles.change_table import change_table, changed_layers
from tests.profiles.examples import MISMATCH, example_layer, example_profile


def _profile(*layers: LayerProfile, **changes: object) -> Profile:
    return example_profile(layers=layers, **changes)


def _layers(*cycles: int) -> tuple[LayerProfile, ...]:
    return tuple(example_layer(index, cycles=count) for index, count in enumerate(cycles))


def _text(table: Table, width: int = 160) -> str:
    console = Console(width=width, color_system=None)
    with console.capture() as capture:
        console.print(table)
    return capture.get()


def _rows(text: str) -> dict[str, str]:
    return {line.split()[0]: line for line in text.splitlines() if "CONV_2D" in line}


def test_only_what_changed_is_listed() -> None:
    before, now = _profile(*_layers(1000, 2000, 3000)), _profile(*_layers(1000, 1000, 3600))
    text = _text(change_table(compare(before, now), title="saved", caption="before: run 1"))
    rows = _rows(text)
    assert list(rows) == ["1", "2"]
    assert rows["1"].split()[-4:] == ["2,000", "1,000", "-50.0%", "reference"]
    assert "+20.0%" in rows["2"]
    total = next(line for line in text.splitlines() if "total" in line)
    assert total.split() == ["total", "6,000", "5,600", "-6.7%"]
    assert "before: run 1" in text
    assert "1 layer did not" in text


def test_what_hardly_changed_is_one_line() -> None:
    before = _profile(*_layers(1_000_000, 5000, 7000))
    now = _profile(*_layers(500_000, 5010, 6995))
    text = _text(change_table(compare(before, now), title="saved"))
    assert list(_rows(text)) == ["0"]
    assert "2 layers hardly changed (+5 cycles)" in text
    assert [change.cycles for change in changed_layers(compare(before, now))] == [-500_000, 10, -5]


@pytest.mark.parametrize(
    ("before", "now", "shown"),
    [(0, 50, "+50"), (100, 100, "="), (10_000, 10_004, "+4"), (10, 1000, "+990")],
)
def test_how_a_change_is_told(before: int, now: int, shown: str) -> None:
    profiles = [
        _profile(example_layer(0, cycles=before)),
        _profile(example_layer(0, cycles=now, kernel="conv_2d.cc")),
    ]
    rows = _rows(_text(change_table(compare(*profiles), title="saved")))
    assert rows["0"].split()[5] == shown
    assert rows["0"].rstrip().endswith("conv_2d.cc, was reference")


def test_a_wrong_layer_is_marked_though_its_cycles_are_the_same() -> None:
    wrong = example_layer(0, bit_exact=False, mismatch=MISMATCH)
    text = _text(change_table(compare(_profile(example_layer(0)), _profile(wrong)), title="saved"))
    assert "WRONG" in _rows(text)["0"]


def test_unlike_conditions_are_told() -> None:
    before, now = _profile(*_layers(1000)), _profile(*_layers(900), cpu="slim")
    text = _text(change_table(compare(before, now, allow_unlike=True), title="saved"))
    told = "NOT like with like: CPU: `full` in the baseline, `slim` in #1"
    assert told in " ".join(text.split())


def test_a_narrow_table_keeps_the_cycles() -> None:
    before, now = _profile(*_layers(1000)), _profile(*_layers(900))
    text = _text(change_table(compare(before, now), title="saved", width=50), 50)
    assert "-10.0%" in text
    assert "1×25×5×64" not in text
