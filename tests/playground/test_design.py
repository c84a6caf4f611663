from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from playground.design import Design, Trace, baseline_of, parse_layers
from toolchain import PlaygroundError


@pytest.mark.parametrize(
    ("text", "layers"),
    [("3", {3}), ("3,5-7", {3, 5, 6, 7}), (" 1 , 2 - 2 ", {1, 2}), ("0-0,0", {0})],
)
def test_layers_are_parsed(text: str, layers: set[int]) -> None:
    assert parse_layers(text) == layers


@given(st.frozensets(st.integers(0, 999), min_size=1))
def test_every_set_of_layers_can_be_said(layers: frozenset[int]) -> None:
    assert parse_layers(",".join(map(str, layers))) == layers


@pytest.mark.parametrize("text", ["", "a", "3,", "7-5", "-3", "1-2-3", "1.5", "9999999999999"])
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(PlaygroundError, match="is no layer or range of layers") as caught:
        parse_layers(text)
    assert "3,5-7" in (caught.value.hint or "")


def test_the_baseline_differs_in_cfu_and_kernels_only() -> None:
    design = Design(
        model=Path("m.tflite"),
        cfu="simd_mac",
        kernels=Path("k"),
        cpu="small",
        trace=Trace(Path("t.fst")),
        labels=(3,),
        simulator="fast",
    )
    assert baseline_of(design) == Design(
        model=Path("m.tflite"), cpu="small", labels=(3,), simulator="fast"
    )


def test_a_design_can_be_a_key() -> None:
    assert {Design(model=Path("m.tflite")): 1}[Design(model=Path("m.tflite"))] == 1


def test_kernel_files_are_the_directory_s(tmp_path: Path) -> None:
    for name in ("mul.cc", "add.cc", "helper.h"):
        (tmp_path / name).touch()
    design = Design(model=Path("m.tflite"), kernels=tmp_path)
    assert [path.name for path in design.kernel_files] == ["add.cc", "mul.cc"]
    assert Design(model=Path("m.tflite")).kernel_files == ()
