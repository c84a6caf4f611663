from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from profiles import Accuracy, LayerProfile, Mismatch, Profile
from tests.profiles.examples import MISMATCH, example_layer, example_profile

_SHAPES = st.lists(st.integers(0, 4096), max_size=5).map(tuple)
_COUNTS = st.integers(0, 2**40)
_VALUES = st.integers(-(2**31), 2**31 - 1) | st.floats(allow_nan=False)
_MISMATCHES = st.builds(
    Mismatch,
    tensor=st.text(),
    index=_SHAPES,
    expected=_VALUES,
    actual=_VALUES,
    count=st.integers(1, 10**6),
    elements=st.integers(1, 10**6),
)


@st.composite
def _layers(draw: st.DrawFn) -> tuple[LayerProfile, ...]:
    layers = []
    for index in range(draw(st.integers(1, 4))):
        exact = draw(st.sampled_from([True, False, None]))
        layers.append(
            example_layer(
                index,
                operator=draw(st.text(min_size=1)),
                output_shapes=tuple(draw(st.lists(_SHAPES, max_size=2))),
                macs=draw(_COUNTS),
                cycles=draw(_COUNTS),
                bit_exact=exact,
                mismatch=draw(_MISMATCHES) if exact is False else None,
            )
        )
    return tuple(layers)


@given(layers=_layers(), flags=st.lists(st.text()).map(tuple))
def test_a_profile_survives_json(layers: tuple[LayerProfile, ...], flags: tuple[str, ...]) -> None:
    compiler = example_profile().compiler.model_copy(update={"flags": flags})
    profile = example_profile(layers=layers, compiler=compiler)
    assert Profile.model_validate_json(profile.model_dump_json()) == profile


@pytest.mark.parametrize("value", [float("inf"), float("-inf")])
def test_an_infinite_value_survives_json(value: float) -> None:
    wrong = MISMATCH.model_copy(update={"actual": value})
    profile = example_profile(layers=(example_layer(bit_exact=False, mismatch=wrong),))
    assert Profile.model_validate_json(profile.model_dump_json()) == profile


def test_a_profile_cannot_be_changed() -> None:
    profile = example_profile()
    with pytest.raises(ValidationError, match="frozen"):
        profile.total_cycles = 1  # type: ignore[misc]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"total_cycles": 1}, "1 total_cycles are less than the layers' 8700000"),
        ({"layers": (example_layer(1),)}, "not numbered 0, 1, 2"),
        ({"clock_hz": 0}, "greater than 0"),
        ({"date": "2026-11-21T12:00:00"}, "timezone"),
        ({"speed": 3}, "Extra inputs"),
        ({"simulated_cycles": -1}, "greater than or equal to 0"),
    ],
)
def test_impossible_profiles_are_refused(changes: dict[str, object], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        example_profile(**changes)


@pytest.mark.parametrize(
    "changes", [{"bit_exact": False}, {"bit_exact": True, "mismatch": MISMATCH}]
)
def test_a_mismatch_comes_with_its_mark(changes: dict[str, Any]) -> None:
    with pytest.raises(ValidationError, match="exactly when `bit_exact` is false"):
        example_layer(**changes)


def test_accuracy_is_at_most_one() -> None:
    with pytest.raises(ValidationError, match="3 correct of 2"):
        Accuracy(correct=3, total=2)


@pytest.mark.parametrize(
    ("marks", "exact", "wrong"),
    [([True, True], True, 0), ([True, None], False, 0), ([False, True], False, 1)],
)
def test_a_profile_is_exact_if_every_layer_is(
    marks: list[bool | None], exact: bool, wrong: int
) -> None:
    layers = tuple(
        example_layer(i, bit_exact=mark, mismatch=MISMATCH if mark is False else None)
        for i, mark in enumerate(marks)
    )
    profile = example_profile(layers=layers)
    assert profile.bit_exact is exact
    assert len(profile.mismatched_layers) == wrong


def test_derived_numbers() -> None:
    profile = example_profile()
    assert profile.milliseconds == pytest.approx(87.0)
    assert profile.simulated_hz == pytest.approx(4.5e6)
    assert profile.macs == 512_000
    assert profile.layers[0].cycles_per_mac == pytest.approx(16.836, abs=1e-3)
    assert profile.layers[1].cycles_per_mac is None
    assert example_profile(simulated_cycles=0).simulated_hz is None
    assert example_profile(wall_seconds={}).simulated_hz is None
