"""The bank of accumulators against its model."""

from __future__ import annotations

from random import Random

import pytest

from gateware.parts.accumulators import AccumulatorModel, Accumulators
from tests.gateware.parts.pipelines import check_pipeline


@pytest.mark.parametrize(("count", "width"), [(1, 32), (2, 17), (5, 32), (64, 20)])
@pytest.mark.parametrize("gaps", [False, True])
def test_any_order_of_indices(count: int, width: int, gaps: bool) -> None:
    random = Random(count)
    model = AccumulatorModel()
    commands, expected = [], []
    index = 0
    for _ in range(600):
        # Often the same one again, which is the case that needs the latest sum.
        index = random.choice((index, random.randrange(count)))
        addend = random.choice((-(2 ** (width - 1)), random.getrandbits(width - 1), 0))
        clears = random.random() < 0.1
        commands.append({"index": index, "addend": addend, "clears": clears})
        expected.append({"output": model.add(index, addend, clears=clears)})
    check_pipeline(
        Accumulators(count=count, width=width),
        commands,
        expected,
        latency=Accumulators.latency,
        random=random if gaps else None,
    )


def test_sums_wrap() -> None:
    model = AccumulatorModel()
    model.add(0, 2**31 - 1, clears=True)
    assert model.add(0, 1, clears=False) == -(2**31)


@pytest.mark.parametrize(("count", "width"), [(0, 32), (4, 33)])
def test_sizes_that_cannot_be(count: int, width: int) -> None:
    with pytest.raises(ValueError, match=f"not {count} accumulators of {width} bits"):
        Accumulators(count=count, width=width)
