from __future__ import annotations

import io

import pytest
from rich.console import Console

from profiles import (
    CfuIdentity,
    Compiler,
    Memory,
    ModelIdentity,
    Profile,
    Provenance,
    Simulator,
    Sources,
    compare,
    comparison_table,
)
from tests.profiles.examples import MISMATCH, example_layer, example_profile
from toolchain import PlaygroundError


def _with_cfu(**changes: object) -> Profile:
    layers = (
        example_layer(0, cycles=862_000, kernel="conv_2d.cc"),
        example_layer(1, operator="SOFTMAX", macs=0, cycles=80_000, name="probs"),
    )
    fields = {
        "cfu": CfuIdentity(name="simd_mac", digest="12" * 32),
        "kernels": ("conv_2d.cc",),
        "layers": layers,
    }
    return example_profile(**fields | changes)


def _rendered(*profiles: Profile, allow_unlike: bool = False) -> str:
    stream = io.StringIO()
    table = comparison_table(compare(*profiles, allow_unlike=allow_unlike))
    Console(file=stream, width=200, color_system=None).print(table)
    return stream.getvalue()


def test_speedups_are_against_the_first() -> None:
    comparison = compare(example_profile(), _with_cfu())
    assert comparison.differences == ()
    assert comparison.speedup(1, 0) == pytest.approx(10.0)
    assert comparison.speedup(1, 1) == pytest.approx(1.0)
    assert comparison.speedup(1) == pytest.approx(8_700_000 / 942_000)
    assert compare(_with_cfu(), example_profile()).speedup(1, 0) == pytest.approx(0.1)


def test_the_table_names_the_baseline() -> None:
    text = _rendered(example_profile(), _with_cfu())
    assert "kws · speedups against #0 `baseline`" in text
    assert "10.00×" in text
    assert "9.24×" in text
    assert "cycles: rtl" in text


def test_three_profiles() -> None:
    text = _rendered(example_profile(), _with_cfu(), _with_cfu(kernels=()))
    assert "#2 simd_mac, no kernels" in text


@pytest.mark.parametrize(
    ("changes", "what"),
    [
        ({"compiler": Compiler(name="gcc", version="12.2", flags=())}, "compiler: `zig 0.17.0`"),
        (
            {"compiler": Compiler(name="zig", version="0.17.0", flags=("-O3",))},
            "compiler flags: `-O2 -std=c",
        ),
        ({"cpu": "small"}, "CPU: `full` in the baseline, `small` in #1"),
        ({"board": "arty"}, "board: `sim`"),
        (
            {"memory": Memory(ideal=False, note="main_ram 16 MiB")},
            "memory: `ideal main_ram, 16 MiB`",
        ),
        ({"clock_hz": 50_000_000}, "clock: "),
        (
            {"sources": Sources(cycles=Provenance.BOARD, instructions=Provenance.BOARD)},
            "provenance of cycles: `rtl` in the baseline, `board` in #1",
        ),
        ({"inputs": ()}, "inputs: "),
    ],
)
def test_unlike_profiles_are_refused_or_flagged(changes: dict[str, object], what: str) -> None:
    other = _with_cfu(**changes)
    with pytest.raises(PlaygroundError, match="differ in more than CFU and kernels") as caught:
        compare(example_profile(), other)
    assert what in caught.value.message
    assert caught.value.hint is not None
    assert "--allow-unlike" in caught.value.hint
    text = _rendered(example_profile(), other, allow_unlike=True)
    assert "NOT like with like" in text
    assert what in text


def test_cycles_of_the_fast_simulator_are_those_of_the_rtl() -> None:
    fast = _with_cfu(
        sources=Sources(cycles=Provenance.FAST, instructions=Provenance.FAST),
        simulator=Simulator(name="fast", version="12345678"),
    )
    for profiles in ((example_profile(), fast), (fast, example_profile())):
        assert compare(*profiles).differences == ()
        text = _rendered(*profiles)
        assert "9.24×" in text or "0.11×" in text
        assert "rtl, verilator 5.48.0" in text
        assert "fast, fast 12345678" in text
    assert "cycles of #1" not in _rendered(example_profile(), _with_cfu())


def test_profiles_that_contradict_themselves_are_unlike() -> None:
    mixed = _with_cfu(sources=Sources(cycles=Provenance.FAST, instructions=Provenance.BOARD))
    with pytest.raises(PlaygroundError, match="provenance of cycles: `rtl` in the baseline, `fast"):
        compare(example_profile(), mixed)


def test_different_models_are_never_compared() -> None:
    other = _with_cfu(model=ModelIdentity(name="vww", digest="99" * 32))
    with pytest.raises(PlaygroundError, match="different models cannot be compared: `kws`"):
        compare(example_profile(), other, allow_unlike=True)


def test_profiles_of_one_model_have_one_list_of_layers() -> None:
    with pytest.raises(PlaygroundError, match="does not have the baseline's layers"):
        compare(example_profile(), _with_cfu(layers=(example_layer(0),)))


@pytest.mark.parametrize("count", [0, 1])
def test_a_comparison_needs_two(count: int) -> None:
    with pytest.raises(PlaygroundError, match="two profiles or more"):
        compare(*[example_profile()] * count)


def test_a_wrong_result_has_no_speedup() -> None:
    wrong = _with_cfu(
        layers=(
            example_layer(0, cycles=10, bit_exact=False, mismatch=MISMATCH),
            example_layer(1, operator="SOFTMAX", macs=0, cycles=40_000),
        )
    )
    comparison = compare(example_profile(), wrong)
    assert comparison.speedup(1, 0) is None
    assert comparison.speedup(1, 1) == pytest.approx(2.0)
    assert comparison.speedup(1) is None
    assert "(WRONG)" in _rendered(example_profile(), wrong)


def test_no_cycles_give_no_speedup() -> None:
    nothing = _with_cfu(
        layers=(example_layer(0, cycles=0), example_layer(1, operator="SOFTMAX", cycles=0))
    )
    assert compare(example_profile(), nothing).speedup(1) is None
