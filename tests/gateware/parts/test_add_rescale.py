"""ADD with its three scales against its model."""

from __future__ import annotations

from random import Random

import pytest

from gateware.parts.add_rescale import AddRescale, add_rescale
from tests.gateware.parts.pipelines import check_pipeline

_EXTREMES = {"input_0": -128, "input_1": -128}


@pytest.mark.parametrize("serial", [0, 1])
@pytest.mark.parametrize("seed", range(4))
def test_random_layers(serial: int, seed: int) -> None:
    random = Random(seed)
    # As TFLM prepares a layer: both inputs are scaled by at most 1/2, the larger one by just that.
    multipliers = [2**30, random.randint(2**30, 2**31 - 1)]
    shifts = [0, random.choice((0, -1, -random.randint(2, 31)))]
    if seed % 2:
        multipliers.reverse()
        shifts.reverse()
    offsets = [random.choice((-127, 128, 0)), random.randint(-127, 128)]
    output = {
        "multiplier": random.randint(2**30, 2**31 - 1),
        "shift": random.choice((-19, -20, -21)),
        "offset": random.randint(-128, 127),
        "minimum": random.choice((-128, -20)),
        "maximum": random.choice((127, 60)),
    }
    commands = [_EXTREMES, {"input_0": 127, "input_1": 127}]
    commands += [
        {name: random.randint(-128, 127) for name in _EXTREMES}
        for _ in range(40 if serial else 400)
    ]
    expected = [
        {
            "output": add_rescale(
                list(command.values()),
                input_offsets=offsets,
                input_multipliers=multipliers,
                input_shifts=shifts,
                **output,
            )
        }
        for command in commands
    ]
    assert len({each["output"] for each in expected}) > 10
    part = AddRescale(serial=serial)
    check_pipeline(
        part,
        commands,
        expected,
        latency=part.latency,
        interval=part.interval,
        random=random if seed > 1 else None,
        constants=output
        | {f"input_offset_{i}": offsets[i] for i in range(2)}
        | {f"input_multiplier_{i}": multipliers[i] for i in range(2)}
        | {f"input_shift_{i}": shifts[i] for i in range(2)},
    )


def test_sum_of_equal_scales() -> None:
    for left, right in ((3, 4), (-100, 27), (100, 100), (-128, -128)):
        found = add_rescale(
            [left, right],
            input_offsets=[0, 0],
            input_multipliers=[2**30, 2**30],
            input_shifts=[0, 0],
            multiplier=2**30,
            shift=-17,
            offset=0,
            minimum=-128,
            maximum=127,
        )
        # Halves of both, times 2**20, times 1/2 * 2**-17: twice the sum.
        assert found == min(max(2 * (left + right), -128), 127)
