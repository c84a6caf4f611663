"""Sizes that an engine cannot have."""

from __future__ import annotations

import dataclasses

import pytest

from gateware.array import ArraySizes
from gateware.array.cfu import ArrayCfu


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("units", 3, "units must be a power of two from 1 to 64, not 3"),
        ("units", 128, "units must be a power of two from 1 to 64, not 128"),
        ("input_bytes", 8, "input_bytes must be a power of two from 16"),
        ("filter_words", 1000, "filter_words must be a power of two from 4"),
        ("channels", 0, "channels must be a power of two from 4"),
        ("result_words", 32, "result_words must be a power of two from 64"),
    ],
)
def test_no_power_of_two_in_range(name: str, value: int, said: str) -> None:
    sizes = ArraySizes(units=1, input_bytes=64, filter_words=16, channels=8)
    with pytest.raises(ValueError, match=said):
        ArraySizes(**(dataclasses.asdict(sizes) | {name: value}))


def test_a_queue_too_short_for_what_is_under_way() -> None:
    sizes = ArraySizes(units=64, input_bytes=64, filter_words=16, channels=64, result_words=128)
    with pytest.raises(ValueError, match=r"result_words must be more than 1\d\d for 64 units"):
        ArrayCfu("long", sizes)
