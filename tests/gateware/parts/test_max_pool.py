"""Max pooling against its model."""

from __future__ import annotations

from random import Random

import pytest

from gateware.parts.max_pool import MaxPool, max_pool
from tests.gateware.parts.pipelines import check_pipeline


@pytest.mark.parametrize("lanes", [1, 4, 5])
@pytest.mark.parametrize("gaps", [False, True])
@pytest.mark.parametrize("bounds", [(-128, 127), (-20, 90)])
def test_windows_of_any_size(lanes: int, gaps: bool, bounds: tuple[int, int]) -> None:
    random = Random(lanes)
    limits = dict(zip(("minimum", "maximum"), bounds, strict=True))
    commands, expected = [], []
    window: list[list[int]] = []
    for index in range(300):
        begins = index == 0 or random.random() < 0.2
        window = [] if begins else window
        low = random.choice((-128, -60, 100))
        window.append([random.randint(low, min(low + 40, 127)) for _ in range(lanes)])
        packed = int.from_bytes(bytes(value & 0xFF for value in window[-1]), "little")
        commands.append({"begins": begins, "inputs": packed})
        outputs = [max_pool(lane, **limits) for lane in zip(*window, strict=True)]
        packed = int.from_bytes(bytes(value & 0xFF for value in outputs), "little")
        expected.append({"output": packed})
    check_pipeline(
        MaxPool(lanes=lanes),
        commands,
        expected,
        latency=MaxPool.latency,
        random=random if gaps else None,
        constants=limits,
    )


def test_there_must_be_lanes() -> None:
    with pytest.raises(ValueError, match="at least 1 lane, not 0"):
        MaxPool(lanes=0)
