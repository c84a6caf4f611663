"""The arithmetic of `simd_mac`, its model, its hardware and how kernels use it."""

from __future__ import annotations

import numpy as np
import pytest

from gateware import CfuModel
from gateware.cfus.simd_mac import SimdMac
from gateware.parts.output_stage import multiply_by_quantized_multiplier
from gateware.testing import check_in_amaranth
from tests.gateware.samples import run_commands

_NAMES = {i.name: i.function_id for i in SimdMac().spec.instructions}


def _call(model: CfuModel, name: str, in0: int = 0, in1: int = 0) -> int:
    return model.execute(_NAMES[name], in0, in1)


def _word(values: np.ndarray) -> int:
    return int.from_bytes(values.astype(np.int8).tobytes(), "little")


def _requantizations(seed: int, count: int) -> list[tuple[str, int, int]]:
    """Return commands whose outputs are mostly in range, at halves, or just out of range."""
    random = np.random.default_rng(seed)
    commands: list[tuple[str, int, int]] = []
    for index in range(count):
        shift = int(random.integers(-14, 4))
        multiplier = int(random.choice([2**30, 2**31 - 1, int(random.integers(2**30, 2**31))]))
        output = random.integers(-200, 200) + random.choice([0.0, 0.5, -0.5, 0.49])
        x = int(output * 2.0 ** (31 - shift) / multiplier) + int(random.integers(-2, 3))
        if index % 16 == 0:
            x = int(random.choice([-(2**31), 2**31 - 1, 0x7FFF8000, -0x8000, 0xFFFF]))
        commands += [("start", x, 0), ("requantize", multiplier, shift)]
        if index % 3 == 0:
            commands += [("set_bias", -x, 0), ("requantize_lane", multiplier, shift)]
        if index % 4 == 3:
            commands.append(("results", 0, 0))
        if index % 32 == 0:
            low, high = sorted(int(v) for v in random.integers(-128, 128, size=2))
            commands.append(("set_offsets", 0, int(random.integers(-128, 128))))
            commands.append(("set_activation", low, high) if index % 64 else ("sum", 0, 0))
    return [*commands, ("results", 0, 0)]


@pytest.mark.parametrize("seed", range(3))
def test_hardware_requantizes_as_the_model_does(seed: int) -> None:
    commands = _requantizations(seed, 400)
    results, _ = run_commands(SimdMac(), commands)
    model = SimdMac().model()
    assert results == [_call(model, name, in0, in1) for name, in0, in1 in commands]
    words = [r for r, (name, _, _) in zip(results, commands, strict=True) if name == "results"]
    outputs = {byte for word in words for byte in word.to_bytes(4, "little")}
    assert len(outputs) > 50  # not all at the ends of the range


@pytest.mark.parametrize("input_words", [4, 64, 512])
def test_sizes_of_the_buffer(input_words: int) -> None:
    report = check_in_amaranth(SimdMac(input_words=input_words), commands=600, seed=input_words)
    assert report.failures == ()


def test_a_wrong_size_is_rejected() -> None:
    with pytest.raises(ValueError, match="a power of two from 4 on, not 12"):
        SimdMac(input_words=12)


def test_the_documented_throughput() -> None:
    macs = [("mac", 1, 1)] * 8
    assert run_commands(SimdMac(), macs)[1] == list(range(1, 9))
    # The first one waits until the buffer is read again after `start`.
    buffered = [("start", 0, 0), *[("mac_buffered", 1, 1)] * 4]
    assert run_commands(SimdMac(), buffered)[1] == [1, 3, 5, 7, 9]


@pytest.mark.parametrize(
    ("requantize", "follows", "waits"),
    [
        ("requantize", "set_bias", 0),
        ("requantize", "start", 4),
        ("requantize", "mac", 9),
        ("requantize", "requantize", 9),
        ("requantize_lane", "start", 1),
        ("requantize_lane", "mac", 6),
        ("requantize_lane", "requantize_lane", 6),
    ],
)
def test_the_documented_waits(requantize: str, follows: str, waits: int) -> None:
    _, cycles = run_commands(SimdMac(), [(requantize, 2**30, 0), (follows, 0, 0)])
    assert cycles == [1, 2 + waits]


def test_the_documented_waits_for_outputs() -> None:
    def cycles_to_results(shift: int) -> int:
        commands = [("requantize_lane", 2**30, shift), ("results", 0, 0)]
        return run_commands(SimdMac(), commands)[1][-1]

    unshifted = cycles_to_results(0)
    assert cycles_to_results(-4) == unshifted + 1
    assert cycles_to_results(-11) == unshifted + 2 + 3
    assert cycles_to_results(3) == unshifted + 3
    assert unshifted == 2 + 6 + 3 + 1


def _requantized(
    x: np.ndarray, multiplier: np.ndarray, shift: np.ndarray, offset: int, low: int, high: int
) -> np.ndarray:
    scaled = [
        multiply_by_quantized_multiplier(int(a), int(m), int(s)) + offset
        for a, m, s in zip(x, multiplier, shift, strict=True)
    ]
    return np.clip(scaled, low, high).astype(np.int8)


@pytest.mark.parametrize("seed", range(3))
def test_a_dense_kernel_as_documented(seed: int) -> None:
    random = np.random.default_rng(seed)
    depth, channels = 72, 8
    input_offset, output_offset = int(random.integers(-127, 129)), int(random.integers(-128, 128))
    low, high = (-128, 127) if seed else (output_offset, 127)
    inputs = random.integers(-128, 128, size=depth)
    filters = random.integers(-127, 128, size=(channels, depth))
    bias = random.integers(-5000, 5000, size=channels)
    multiplier = random.integers(2**30, 2**31, size=channels)
    shift = random.integers(-12, -8, size=channels)

    model = SimdMac().model()
    _call(model, "set_offsets", input_offset, output_offset)
    _call(model, "set_activation", low, high)
    for word in range(depth // 4):
        _call(model, "write_input", word, _word(inputs[4 * word : 4 * word + 4]))
    words = []
    for channel in range(channels):
        _call(model, "start", int(bias[channel]))
        for start in range(0, depth, 8):
            pair = filters[channel, start : start + 8]
            _call(model, "mac_buffered", _word(pair[:4]), _word(pair[4:]))
        _call(model, "requantize", int(multiplier[channel]), int(shift[channel]))
        if channel % 4 == 3:
            words.append(_call(model, "results"))
    output = np.array(words, np.uint32).view(np.int8)

    sums = bias + filters @ (inputs + input_offset)
    expected = _requantized(sums, multiplier, shift, output_offset, low, high)
    np.testing.assert_array_equal(output, expected)


@pytest.mark.parametrize("seed", range(3))
def test_a_depthwise_kernel_as_documented(seed: int) -> None:
    random = np.random.default_rng(seed)
    input_offset, output_offset = int(random.integers(-127, 129)), int(random.integers(-128, 128))
    inputs = random.integers(-128, 128, size=(9, 4))
    filters = random.integers(-127, 128, size=(9, 4))
    bias = random.integers(-5000, 5000, size=4)
    multiplier = random.integers(2**30, 2**31, size=4)
    shift = random.integers(-11, -6, size=4)

    model = SimdMac().model()
    _call(model, "set_offsets", input_offset, output_offset)
    _call(model, "start", int(bias[0]))
    for position in range(9):
        _call(model, "mac", _word(filters[position]), _word(inputs[position]))
    for lane in range(4):
        _call(model, "set_bias", int(bias[lane]))
        _call(model, "requantize_lane", int(multiplier[lane]), int(shift[lane]))
    output = np.array([_call(model, "results")], np.uint32).view(np.int8)

    sums = bias + (filters * (inputs + input_offset)).sum(axis=0)
    expected = _requantized(sums, multiplier, shift, output_offset, -128, 127)
    np.testing.assert_array_equal(output, expected)


def test_a_long_sum_goes_on() -> None:
    model = SimdMac(input_words=4).model()
    for piece in range(3):
        for word in range(4):
            _call(model, "write_input", word, 0x01010101 * (piece + 1))
        _call(model, "start", _call(model, "sum"))
        for _ in range(2):
            _call(model, "mac_buffered", 0x01010101, 0x02020202)
    assert _call(model, "sum") == (1 + 2 + 3) * 2 * (4 + 8)
