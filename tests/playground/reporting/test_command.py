from __future__ import annotations

from pathlib import Path

import pytest

import boards
from playground.reporting.command import command_of
from playground.reporting.origins import Origins
from profiles import Compiler, Memory, Profile, Provenance, Sources
from tests.profiles.examples import example_layer, example_profile, example_split

_ORIGINS = Origins(
    model=Path("digits.tflite"), model_name="digits_cnn", cfu="mac4", kernels_name="mac4"
)


def _profile(**changes: object) -> Profile:
    fast = Sources(cycles=Provenance.FAST, instructions=Provenance.FAST)
    return example_profile(
        **{"sources": fast, "memory": Memory(ideal=True, note="ideal main_ram, 16,384 KiB")}
        | changes
    )


def test_what_matters_is_said() -> None:
    expected = "cfu run digits_cnn --cfu mac4 --kernels mac4"
    assert command_of(_profile(), _ORIGINS) == expected
    rtl = Sources(cycles=Provenance.RTL, instructions=Provenance.RTL)
    layers = (example_layer(split=example_split()),)
    profile = _profile(
        sources=rtl,
        layers=layers,
        cpu="perf",
        compiler=Compiler(name="gcc", version="13", flags=(), added=("-O3", "-DTILE=4")),
    )
    assert command_of(profile, _ORIGINS) == (
        f"{expected} --cpu perf --compiler gcc:-O3,-DTILE=4 --simulator verilator --why"
    )


def test_a_board_with_its_memories() -> None:
    board = boards.find_board("fomu")
    note = "spiflash, 2,048 KiB (code, kernels) and sram, 128 KiB (weights, data)"
    profile = _profile(board="fomu", cpu=board.cpu, memory=Memory(ideal=False, note=note))
    assert command_of(profile, _ORIGINS).endswith("--board fomu --place weights=sram")
    ideal = Memory(ideal=True, note=f"ideal {board.load_memory}, 2,048 KiB")
    profile = _profile(board="fomu", cpu=board.cpu, memory=ideal)
    assert command_of(profile, _ORIGINS).endswith("--board fomu --ideal-memory")


def test_words_are_quoted_for_the_shell() -> None:
    origins = Origins(
        model=Path("x"),
        model_name="my net.tflite; rm -rf ~",
        cfu="none",
        kernels_name="none",
        inputs=(Path("dir/a b.dat"),),
    )
    assert command_of(_profile(), origins) == (
        "cfu run 'my net.tflite; rm -rf ~' --cfu none --kernels none --input 'a b.dat'"
    )


@pytest.mark.parametrize(
    "origins",
    [
        Origins(cfu="none", kernels_name="none"),
        Origins(model=Path("x"), model_name="x", kernels_name="none"),
        Origins(model=Path("x"), model_name="x", cfu="none"),
    ],
)
def test_there_is_none_for_what_is_not_at_hand(origins: Origins) -> None:
    assert command_of(_profile(), origins) == ""
