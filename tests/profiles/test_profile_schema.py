"""`docs/profile.schema.json`: it is what profiles are."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pytest

from profiles import Accuracy, OutputTensor, Profile, Simulator, profile_json, profile_json_schema
from tests.profiles.examples import (
    MISMATCH,
    example_layer,
    example_profile,
    example_split,
)
from tests.profiles.json_schema import violations
from tests.soc.synthesis.examples import example_report

_PUBLISHED = Path(__file__).parents[2] / "docs" / "profile.schema.json"
_NOT_NUMBERS = OutputTensor(
    name="o", dtype="float32", shape=(3,), values=(math.nan, -math.inf, 0.5), digest="ab"
)


def _schema() -> dict[str, Any]:
    schema: dict[str, Any] = json.loads(_PUBLISHED.read_text(encoding="utf-8"))
    return schema


def test_the_published_schema_is_up_to_date() -> None:
    again = "write it anew: `cfu schema > docs/profile.schema.json`"
    assert _schema() == profile_json_schema(), again


@pytest.mark.parametrize(
    "profile",
    [
        example_profile(),
        example_profile(layers=(example_layer(split=example_split()),)),
        example_profile(layers=(example_layer(bit_exact=False, mismatch=MISMATCH),)),
        example_profile(layers=(example_layer(bit_exact=None, instructions=None, name="ü"),)),
        example_profile(outputs=(_NOT_NUMBERS,), accuracy=Accuracy(correct=1, total=2)),
        example_profile(
            synthesis=example_report(), confirmed_by=Simulator(name="fast", version="1")
        ),
    ],
    ids=["plain", "why", "wrong", "unchecked", "floats", "synthesized"],
)
def test_profiles_are_as_it_says(profile: Profile) -> None:
    assert violations(profile_json(profile), _schema()) == []


@pytest.mark.parametrize(
    ("change", "found"),
    [
        ({"schema_version": 2}, ".schema_version: 2 is not const 3"),
        ({"clock_hz": 0}, ".clock_hz: 0 is not exclusiveMinimum 0"),
        ({"layers": []}, ".layers: [] is not minItems 1"),
        ({"gpu": "none"}, ": gpu is not foreseen"),
        ({"kernels_digest": "XY"}, ".kernels_digest: 'XY' is not pattern '^[0-9a-f]*$'"),
        ({"recorded": 1}, ".recorded: 1 is no boolean"),
        ({"date": "2026-11-21T12:00:00"}, ".date: '2026-11-21T12:00:00' is not format 'date-time'"),
        ({"wall_seconds": {"build": "long"}}, ".wall_seconds.build: 'long' is no number"),
        ({"accuracy": 1}, ".accuracy: 1 is none of 2 alternatives"),
    ],
)
def test_what_is_no_profile_is_seen(change: dict[str, Any], found: str) -> None:
    assert violations(profile_json(example_profile()) | change, _schema()) == [found]


@pytest.mark.parametrize("name", ["schema_version", "layers", "total_cycles"])
def test_what_is_missing_is_seen(name: str) -> None:
    values = profile_json(example_profile())
    del values[name]
    assert violations(values, _schema()) == [f": no {name}"]
