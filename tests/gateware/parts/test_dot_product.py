"""The dot product of every size against its model."""

from __future__ import annotations

from random import Random

import pytest

from gateware.parts.dot_product import DotProduct, dot_product
from tests.gateware.parts.pipelines import check_pipeline


def _packed(values: list[int]) -> int:
    return int.from_bytes(bytes(value & 0xFF for value in values), "little")


@pytest.mark.parametrize("lanes", [1, 2, 4, 8, 16])
@pytest.mark.parametrize("gaps", [False, True])
def test_random_and_extreme_values(lanes: int, gaps: bool) -> None:
    random = Random(lanes)
    cases = [([-128] * lanes, [-128] * lanes, -127), ([127] * lanes, [-128] * lanes, 128)]
    for _ in range(150):
        inputs, filters = ([random.randint(-128, 127) for _ in range(lanes)] for _ in range(2))
        cases.append((inputs, filters, random.randint(-127, 128)))
    check_pipeline(
        part := DotProduct(lanes=lanes),
        [
            {"inputs": _packed(inputs), "filters": _packed(filters), "input_offset": offset}
            for inputs, filters, offset in cases
        ],
        [
            {"output": dot_product(inputs, filters, input_offset=offset)}
            for inputs, filters, offset in cases
        ],
        latency=part.latency,
        random=random if gaps else None,
    )


def test_lanes_are_a_power_of_two() -> None:
    with pytest.raises(ValueError, match="power of two, not 6"):
        DotProduct(lanes=6)
