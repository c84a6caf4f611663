"""Engines of many sizes against the model, and the throughput that is promised."""

from __future__ import annotations

import pytest

from gateware.array import ArraySizes, Mode, Register, Target
from gateware.array.cfu import ArrayCfu
from gateware.testing import check_in_amaranth
from tests.gateware.samples import run_commands

_SIZES = {
    "smallest": ArraySizes(units=1, input_bytes=16, filter_words=4, channels=4, result_words=64),
    "compact": ArraySizes(
        units=1, input_bytes=256, filter_words=64, channels=16, result_words=64, compact=True
    ),
    "compact, two units": ArraySizes(
        units=2, input_bytes=256, filter_words=512, channels=16, compact=True
    ),
    "two units": ArraySizes(units=2, input_bytes=512, filter_words=512, channels=64),
    "four units": ArraySizes(
        units=4, input_bytes=1024, filter_words=1024, channels=32, memory_port=True
    ),
    "sixteen units": ArraySizes(
        units=16, input_bytes=1024, filter_words=512, channels=64, memory_port=True
    ),
}


@pytest.mark.parametrize("size", _SIZES)
def test_sizes_against_the_model(size: str) -> None:
    report = check_in_amaranth(ArrayCfu("array", _SIZES[size]), commands=700, seed=len(size))
    assert report.failures == ()
    assert min(report.coverage[name] for name in ("run", "read", "push", "fill")) > 5


def _cycles_of_a_run(sizes: ArraySizes, **registers: int) -> int:
    """Return the cycles from `run` to the answer of `wait`."""
    defaults = dict.fromkeys(Register.__members__, 1)
    settings = defaults | {name.upper(): value for name, value in registers.items()}
    commands = [("configure", Register[name], value) for name, value in settings.items()]
    commands = [
        command for command in commands if sizes.memory_port or command[1] < Register.STORE_ADDRESS
    ]
    _, cycles = run_commands(ArrayCfu("array", sizes), [*commands, ("run", 0, 0), ("wait", 0, 0)])
    return cycles[-1] - cycles[-2]


_ARRAY = ArraySizes(units=8, input_bytes=1024, filter_words=256, channels=64)


def test_a_dense_run_multiplies_in_every_cycle() -> None:
    window = {"window_words": 16, "block_channels": 16, "mode": Mode.DENSE}
    few = _cycles_of_a_run(_ARRAY, columns=2, **window)
    many = _cycles_of_a_run(_ARRAY, columns=12, **window)
    assert many - few == 10 * 2 * 16
    assert few < 2 * 2 * 16 + 40


def test_a_depthwise_run_multiplies_in_every_cycle() -> None:
    window = {"window_taps": 3, "window_rows": 3, "mode": Mode.DEPTHWISE, "block_channels": 8}
    few = _cycles_of_a_run(_ARRAY, columns=1, **window)
    assert _cycles_of_a_run(_ARRAY, columns=11, **window) - few == 10 * 2 * 9


def test_short_windows_take_a_cycle_for_each_result() -> None:
    window = {"window_words": 2, "block_channels": 16, "mode": Mode.DENSE}
    few = _cycles_of_a_run(_ARRAY, columns=1, **window)
    assert _cycles_of_a_run(_ARRAY, columns=11, **window) - few == 10 * 16


def test_a_table_takes_two_cycles_for_two_inputs() -> None:
    window = {"window_taps": 2, "block_channels": 1, "mode": Mode.LOOKUP}
    few = _cycles_of_a_run(_ARRAY, columns=1, **window)
    assert _cycles_of_a_run(_ARRAY, columns=101, **window) - few == 100 * 2


@pytest.mark.parametrize(
    ("command", "interval"), [(("push", 1, 2), 2), (("push_bytes", 1, 4), 1), (("fill", 0, 40), 10)]
)
def test_writing_a_word_a_cycle(command: tuple[str, int, int], interval: int) -> None:
    commands = [("seek", int(Target.INPUTS), 0), *[command] * 5]
    _, cycles = run_commands(ArrayCfu("array", _ARRAY), commands)
    assert cycles[-1] - cycles[1] == 4 * interval


def test_results_that_nobody_reads_are_lost_in_the_next_run() -> None:
    window = [("configure", Register[name], 1) for name in Register.__members__][:17]
    commands = [
        *window,
        ("configure", Register.MODE, Mode.RAW),
        ("seek", Target.BIASES, 0),
        ("push_bytes", 41, 4),
        ("run", 0, 0),
        ("seek", Target.BIASES, 0),
        ("push_bytes", 42, 4),
        ("run", 0, 0),
        ("read", 0, 0),
        ("read", 0, 0),
    ]
    results, _ = run_commands(ArrayCfu("array", _ARRAY), commands)
    assert results[-2:] == [42, 0]
