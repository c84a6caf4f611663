from __future__ import annotations

import io

from rich.console import Console

from profiles import CycleSplit, FunctionSplit, Profile, why_tables
from sim.cycle_split import Cause
from tests.profiles.examples import example_layer, example_profile, example_split


def _profile(*splits: CycleSplit) -> Profile:
    return example_profile(
        layers=tuple(example_layer(i, split=split) for i, split in enumerate(splits))
    )


def _tables(profile: Profile, *, width: int = 100) -> list[list[str]]:
    texts = []
    for table in why_tables(profile, width=width):
        stream = io.StringIO()
        Console(file=stream, width=width, color_system=None).print(table)
        texts.append([line.rstrip() for line in stream.getvalue().splitlines()])
    return texts


def _row(lines: list[str], first: str) -> list[str]:
    return next(line.split() for line in lines if line.split()[:1] == [first])


def test_causes_are_shares_and_the_largest_is_marked() -> None:
    causes, _, _ = _tables(_profile(example_split()))
    assert _row(causes, "0") == ["0", "CONV_2D", "1.00M", "50%", "*30%", "20%"]
    assert "issued" in "".join(causes)
    assert "cache " not in "".join(causes)  # there was none


def test_what_is_in_one_layer_only_has_a_column_in_all() -> None:
    waits = example_split(cycles={Cause.ISSUED: 1, Cause.CFU: 999})
    causes, _, _ = _tables(_profile(example_split(), waits))
    assert _row(causes, "1") == ["1", "CONV_2D", "1,000", "*100%"]
    assert _row(causes, "total")[1:] == ["1.00M", "50%", "*30%", "20%"]


def test_a_layer_without_cycles_is_no_error() -> None:
    nothing = example_split(cycles={}, functions=())
    causes, _, functions = _tables(_profile(nothing))
    assert _row(causes, "0") == ["0", "CONV_2D"]
    assert functions[0] == "the 0 functions with the most cycles"


def test_what_caches_and_cfu_did() -> None:
    _, events, _ = _tables(_profile(example_split()))
    row = _row(events, "0")
    assert row[2:7] == ["20.0k", "1,000", "95.0%", "12.3k", "40"]
    assert " ".join(row[7:]) == "mac 1,024, read 7, 2 others 3"


def test_without_cache_and_cfu_they_have_no_columns() -> None:
    _, events, _ = _tables(_profile(example_split(load_misses=0, cfu={})))
    assert "hit" not in "".join(events)
    assert "CFU commands" not in "".join(events)


def test_functions_are_added_up_over_layers() -> None:
    _, _, functions = _tables(_profile(example_split(), example_split()))
    lines = [line.strip() for line in functions]
    assert any(line.startswith("…ConvPerChannel ") for line in lines)
    assert " ".join(_row(functions, "memset")) == "memset 0-1 432k 21.6% 91% branch, 9% issued"
    assert any(line.startswith("(in no function)") for line in lines)


def test_only_the_largest_functions_are_shown() -> None:
    many = tuple(FunctionSplit(name=f"f{i}", cycles={Cause.ISSUED: 1000 - i}) for i in range(25))
    _, _, functions = _tables(_profile(example_split(functions=many)))
    assert _row(functions, "f9")
    assert not any("f10" in line for line in functions)
    assert "15 others" in "\n".join(functions)


def test_the_widest_split_fits_a_hundred_columns() -> None:
    every = example_split(cycles=dict.fromkeys(Cause, 8_333_333))
    layers = tuple(
        example_layer(i, operator="DEPTHWISE_CONV_2D", split=every, cycles=99_999_996)
        for i in range(100)
    )
    for table in _tables(example_profile(layers=layers)):
        assert all(len(line) <= 100 for line in table)
        assert "DEPTHWISE_CONV_2D" in "".join(table) or "functions" in table[0]
    causes = _tables(example_profile(layers=layers))[0]
    assert _row(causes, "99")[2:] == ["100M", "8%", "*8%", *["8%"] * 7]
    causes = _tables(example_profile(layers=layers), width=120)[0]
    assert _row(causes, "99")[2:] == ["100M", "8%", "*8%", *["8%"] * 10]


def test_long_names_are_shortened() -> None:
    names = ("a::" * 20 + "g<int>", "h" * 40, "f<" + "int, " * 20 + "int>")
    functions = tuple(FunctionSplit(name=name, cycles={Cause.ISSUED: 1}) for name in names)
    _, _, table = _tables(_profile(example_split(functions=functions)))
    assert _row(table, "…a::a::a::a::a::a::a::a::a::g")
    assert _row(table, "h" * 28 + "…")
    assert _row(table, "f")
