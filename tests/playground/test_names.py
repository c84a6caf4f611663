from __future__ import annotations

import pytest

from playground.names import nearest, unknown_name


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("simd_mca", "simd_mac"),
        ("SIMD_MAC", "simd_mac"),
        ("non", "none"),
        ("xyzzy", None),
        ("", None),
    ],
)
def test_the_nearest_name(name: str, expected: str | None) -> None:
    assert nearest(name, ["none", "simd_mac"]) == expected


def test_a_near_name_is_suggested() -> None:
    error = unknown_name("board", "sin", ["sim", "arty"], listed_by="cfu list boards")
    assert error.message == "there is no board `sin`"
    assert error.hint == "did you mean `sim`? `cfu list boards` shows what there is"


def test_a_far_name_is_not() -> None:
    error = unknown_name("board", "qqq", ["sim"], listed_by="cfu list boards")
    assert error.hint == "`cfu list boards` shows what there is"
