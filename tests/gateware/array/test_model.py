"""The model's runs against layers computed by NumPy."""

from __future__ import annotations

import numpy as np
import pytest

from gateware.array import ArrayModel, ArraySizes, Mode, Register, Target
from gateware.memory_port import SparseMemory
from gateware.parts.output_stage import multiply_by_quantized_multiplier

_SIZES = ArraySizes(units=4, input_bytes=4096, filter_words=1024, channels=64)
_INPUT_OFFSET, _OUTPUT_OFFSET = 13, -7


def _write(model: ArrayModel, target: Target, values: np.ndarray) -> None:
    model.seek(target, 0)
    content = values.tobytes()
    for start in range(0, len(content), 4):
        piece = content[start : start + 4]
        model.write(int.from_bytes(piece, "little"), len(piece))


def _configure(model: ArrayModel, **values: int) -> None:
    counts = {"window_words", "window_taps", "window_rows", "columns", "lines"}
    for name in counts - values.keys():
        model.configure(Register[name.upper()], 1)
    for name, value in values.items():
        model.configure(Register[name.upper()], value)


def _parameters(model: ArrayModel, random: np.random.Generator, channels: int) -> np.ndarray:
    values = np.stack(
        [
            random.integers(-3000, 3000, channels),
            random.integers(2**30, 2**31, channels),
            random.integers(-9, -5, channels),
        ]
    ).astype(np.int32)
    for target, row in zip((Target.BIASES, Target.MULTIPLIERS, Target.SHIFTS), values, strict=True):
        _write(model, target, row)
    return values


def _requantized(sums: np.ndarray, parameters: np.ndarray) -> np.ndarray:
    """Requantize sums whose last axis is the channel."""
    outputs = np.empty(sums.shape, np.int64)
    for index, total in np.ndenumerate(sums):
        bias, multiplier, shift = (int(row[index[-1]]) for row in parameters)
        outputs[index] = multiply_by_quantized_multiplier(int(total) + bias, multiplier, shift)
    return np.clip(outputs + _OUTPUT_OFFSET, -128, 127).astype(np.int8)


def _results(model: ArrayModel, count: int) -> np.ndarray:
    words = [model.read() for _ in range(-(-count // 4))]
    return np.array(words, np.uint32).view(np.int8)[:count]


_ARITHMETIC = {
    "input_offset": _INPUT_OFFSET,
    "output_offset": _OUTPUT_OFFSET,
    "activation_min": -128 & 0xFF,
    "activation_max": 127,
}


@pytest.mark.parametrize("depth", [4, 3, 1])
def test_a_convolution_with_stride_and_any_depth(depth: int) -> None:
    random = np.random.default_rng(depth)
    height, width, window, stride, channels = 7, 9, 3, 2, 6
    image = random.integers(-128, 128, (height, width, depth)).astype(np.int8)
    filters = random.integers(-127, 128, (channels, window, window, depth)).astype(np.int8)
    words = -(-window * depth // 4)
    padded = np.zeros((channels, window, 4 * words), np.int8)
    padded[:, :, : window * depth] = filters.reshape(channels, window, -1)
    lines, columns = (height - window) // stride + 1, (width - window) // stride + 1

    model = ArrayModel(_SIZES)
    _configure(
        model,
        **_ARITHMETIC,
        mode=Mode.DENSE,
        window_words=words,
        window_rows=window,
        row_step=width * depth,
        columns=columns,
        column_step=stride * depth,
        lines=lines,
        line_step=stride * width * depth,
        block_channels=channels,
        filter_words_per_channel=window * words,
    )
    _write(model, Target.INPUTS, image)
    _write(model, Target.FILTERS, padded)
    parameters = _parameters(model, random, channels)
    model.run()
    results = _results(model, lines * columns * channels).reshape(lines, columns, channels)

    sums = np.zeros(results.shape, np.int64)
    for y in range(lines):
        for x in range(columns):
            rows = slice(stride * y, stride * y + window), slice(stride * x, stride * x + window)
            patch = image[rows].astype(np.int64) + _INPUT_OFFSET
            sums[y, x] = (patch * filters).sum(axis=(1, 2, 3))
    np.testing.assert_array_equal(results, _requantized(sums, parameters))
    assert np.unique(results).size > 20


def test_a_dilated_depthwise_convolution_that_is_stored() -> None:
    random = np.random.default_rng(3)
    size, window, dilation, channels = 8, 3, 2, 8
    image = random.integers(-128, 128, (size, size, channels)).astype(np.int8)
    filters = random.integers(-127, 128, (window, window, channels)).astype(np.int8)
    outputs = size - dilation * (window - 1)
    sizes = ArraySizes(units=4, input_bytes=4096, filter_words=1024, channels=64, memory_port=True)

    memory = SparseMemory()
    model = ArrayModel(sizes, memory)
    _configure(
        model,
        **_ARITHMETIC,
        mode=Mode.DEPTHWISE | Mode.STORE,
        window_rows=window,
        row_step=dilation * size * channels,
        window_taps=window,
        tap_step=dilation * channels,
        columns=outputs,
        column_step=channels,
        lines=outputs,
        line_step=size * channels,
        block_channels=channels,
        filter_words_per_channel=filters.size // 4,
        store_address=0x1000,
        store_words=channels // 4,
        store_step=16,
    )
    _write(model, Target.INPUTS, image)
    _write(model, Target.FILTERS, filters)
    parameters = _parameters(model, random, channels)
    model.run()

    sums = np.zeros((outputs, outputs, channels), np.int64)
    for y in range(outputs):
        for x in range(outputs):
            patch = image[y : y + 5 : dilation, x : x + 5 : dilation].astype(np.int64)
            sums[y, x] = ((patch + _INPUT_OFFSET) * filters).sum(axis=(0, 1))
    stored = np.array(
        [
            [memory.read_word(0x1000 + 16 * pixel + 4 * word) for word in range(channels // 4)]
            for pixel in range(outputs * outputs)
        ],
        np.uint32,
    )
    expected = _requantized(sums, parameters)
    np.testing.assert_array_equal(stored.view(np.int8).reshape(expected.shape), expected)
    assert len(memory.written) == outputs * outputs * channels // 4


def test_sums_of_two_tables() -> None:
    random = np.random.default_rng(4)
    count = 21
    inputs = random.integers(-128, 128, (2, count)).astype(np.int8)
    tables = random.integers(-(2**20), 2**20, (2, 256)).astype(np.int32)
    model = ArrayModel(_SIZES)
    _configure(
        model,
        mode=Mode.LOOKUP | Mode.RAW,
        window_taps=2,
        tap_step=count,
        columns=count,
        column_step=1,
        block_channels=1,
        filter_words_per_channel=1023,
    )
    _write(model, Target.INPUTS, inputs)
    _write(model, Target.FILTERS, tables)
    model.run()
    sums = np.array([model.read() for _ in range(count)], np.uint32).view(np.int32)
    entries = inputs.astype(np.int64) + 128
    np.testing.assert_array_equal(sums, tables[0][entries[0]] + tables[1][entries[1]])
