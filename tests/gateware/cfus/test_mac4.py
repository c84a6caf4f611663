"""The arithmetic of `mac4`, its hardware and how kernels use it."""

from __future__ import annotations

import numpy as np
import pytest

from gateware.cfus.mac4 import Mac4
from gateware.testing import check_in_amaranth
from tests.gateware.samples import run_commands

_Command = tuple[str, int, int]


def _word(values: np.ndarray) -> int:
    return int.from_bytes(values.astype(np.int8).tobytes(), "little")


def _dot(filters: np.ndarray, inputs: np.ndarray, bias: int) -> list[_Command]:
    """Return the commands of a kernel's innermost loop."""
    macs = [
        ("mac", _word(filters[i : i + 4]), _word(inputs[i : i + 4]))
        for i in range(0, len(filters), 4)
    ]
    return [("start", bias, 0), *macs, ("sum", 0, 0)]


@pytest.mark.parametrize("seed", range(3))
def test_hardware_and_model_compute_a_dot_product(seed: int) -> None:
    random = np.random.default_rng(seed)
    offset = int(random.integers(-127, 129))
    commands: list[_Command] = [("set_input_offset", offset, 0)]
    expected = []
    for _ in range(8):
        filters = random.integers(-127, 128, size=32)
        inputs = random.integers(-128, 128, size=32)
        bias = int(random.integers(-(2**20), 2**20))
        commands += _dot(filters, inputs, bias)
        expected.append(bias + int(filters @ (inputs + offset)))
    results, _ = run_commands(Mac4(), commands)
    names = [name for name, _, _ in commands]
    sums = [result for result, name in zip(results, names, strict=True) if name == "sum"]
    assert np.array(sums, np.uint32).view(np.int32).tolist() == expected

    model = Mac4().model()
    ids = {i.name: i.function_id for i in Mac4().spec.instructions}
    assert results == [model.execute(ids[name], in0, in1) for name, in0, in1 in commands]


@pytest.mark.parametrize("offset", [-127, 128])
@pytest.mark.parametrize("weight", [-128, 127])
@pytest.mark.parametrize("value", [-128, 127])
def test_the_largest_products(offset: int, weight: int, value: int) -> None:
    filters, inputs = np.full(4, weight), np.full(4, value)
    commands = [("set_input_offset", offset, 0), *_dot(filters, inputs, 0)]
    assert run_commands(Mac4(), commands)[0][-1] == 4 * weight * (value + offset) & 0xFFFFFFFF


def test_a_sum_wraps_at_32_bits() -> None:
    commands = [("start", 2**31 - 1, 0), ("mac", 1, 1), ("sum", 0, 0)]
    assert run_commands(Mac4(), commands)[0][-1] == 2**31


def test_an_instruction_a_cycle() -> None:
    commands = _dot(np.ones(32), np.ones(32), 5)
    assert run_commands(Mac4(), commands)[1] == list(range(1, len(commands) + 1))


def test_it_is_its_model_under_stalls() -> None:
    report = check_in_amaranth(Mac4(), commands=600, seed=4)
    assert report.failures == ()
    assert report.has_model
