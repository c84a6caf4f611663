"""The portable kernels, which run on any machine, against TensorFlow Lite Micro."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from firmware.golden import golden_tensors
from firmware.host import build_for_host
from firmware.model import Model, OptionValue
from firmware.operators.quantization import output_size
from firmware.random_layers import random_layers
from firmware.random_layers.draw import Array
from firmware.tflite_reader import parse_model
from firmware.tflite_writer import ModelWriter

_KERNELS = Path("firmware/kernels/overrides/portable")
_OVERRIDES = {path.stem: path for path in sorted(_KERNELS.glob("*.cc"))}
_LAYERS = 100  # the interpreter takes models of up to 1024 buffers
_CHECKED_SEED = 3  # is run with traps on undefined behaviour


def _assert_exact(model: Model, inputs: tuple[Array, ...], *, checked: bool) -> None:
    program = build_for_host(model, overrides=_OVERRIDES, include=[_KERNELS], checked=checked)
    wanted = [layer.outputs[0] for layer in model.layers]
    expected = golden_tensors(model.content, inputs, wanted=wanted)
    for index, outputs in program.run(inputs).items():
        layer = model.layers[index]
        np.testing.assert_array_equal(
            outputs[0],
            expected[layer.outputs[0]],
            err_msg=f"layer {index}: {layer.operator} {layer.options}",
        )


@pytest.mark.parametrize("seed", [1, _CHECKED_SEED])
@pytest.mark.parametrize("kernel", _OVERRIDES)
def test_random_layers_are_bit_exact(kernel: str, seed: int) -> None:
    layers = random_layers(kernel.upper(), _LAYERS, seed=20 + seed)
    _assert_exact(layers.model, layers.inputs, checked=seed == _CHECKED_SEED)


@dataclass(frozen=True)
class _Window:
    """A layer with a window; `weight` is the largest weight."""

    depth: int
    channels: int
    window: tuple[int, int]
    size: tuple[int, int]
    stride: tuple[int, int] = (1, 1)
    dilation: tuple[int, int] = (1, 1)
    padding: str = "SAME"
    batches: int = 1
    weight: int = 127
    shift: int = 0  # of the output's scale, as a power of two
    bias: int | None = 1000  # the largest one


_CONVOLUTIONS = [
    _Window(64, 8, (1, 1), (5, 5), weight=20),  # groups of four taps that need no split
    _Window(64, 8, (1, 1), (6, 6), weight=60),  # some that do
    _Window(64, 8, (1, 1), (7, 5), weight=127),
    _Window(129, 5, (1, 1), (6, 6), weight=50),  # two words of splits, a tap left over
    _Window(131, 3, (1, 1), (3, 3)),
    _Window(257, 3, (1, 1), (2, 3)),
    _Window(433, 4, (1, 1), (5, 7), weight=40),  # in two parts
    _Window(97, 6, (3, 3), (6, 6), weight=40),  # in four parts
    _Window(440, 3, (2, 2), (3, 2), batches=2),  # padding in parts
    _Window(8, 131, (3, 3), (4, 4)),  # two blocks of channels
    _Window(3, 7, (3, 3), (13, 11), stride=(2, 2)),
    _Window(3, 7, (3, 3), (13, 11), stride=(2, 2), padding="VALID", bias=None),
    _Window(5, 13, (3, 3), (9, 10), dilation=(2, 2)),
    _Window(5, 13, (3, 3), (9, 10), dilation=(2, 1), padding="VALID"),
    _Window(1, 9, (10, 4), (19, 10), stride=(2, 2)),
    _Window(7, 3, (2, 5), (6, 9), batches=2),
    _Window(2, 2, (5, 5), (2, 2)),  # a window larger than the image
    _Window(4, 3, (1, 1), (1, 1)),  # one pixel
    _Window(4, 4, (1, 1), (7, 7), shift=-12),  # the largest multipliers
    _Window(4, 4, (1, 1), (7, 7), bias=2**30),  # the largest biases
]
_DEPTHWISE = [
    *(
        _Window(depth, depth, (3, 3), size, stride=(stride, stride), padding=padding)
        for depth in (1, 5, 32)
        for size in ((3, 3), (8, 9), (9, 8))
        for stride in (1, 2, 3)
        for padding in ("SAME", "VALID")
    ),
    _Window(129, 129, (3, 3), (9, 7), batches=2),  # two blocks of channels, several bands
    _Window(3, 3, (3, 3), (2, 7)),
    _Window(3, 3, (3, 3), (7, 2), stride=(2, 2)),
    _Window(4, 12, (3, 3), (6, 6)),  # three filters for each input channel
    _Window(4, 4, (3, 3), (9, 9), dilation=(2, 3)),
    _Window(7, 7, (5, 3), (9, 6), stride=(1, 2), bias=None),
    _Window(3, 3, (3, 3), (6, 6), shift=-12),
]
_POOLS = [
    _Window(depth, depth, window, size, stride=stride, padding=padding)
    for depth in (1, 16, 21, 64)
    for window, size in (((2, 2), (6, 7)), ((3, 4), (7, 5)), ((17, 16), (17, 16)))
    for stride in ((1, 2), (2, 2))
    for padding in ("SAME", "VALID")
]


def _model(operator: str, layers: list[_Window]) -> tuple[Model, tuple[Array, ...]]:
    """Return a model with each layer on its own, and its inputs."""
    rng = np.random.default_rng(len(layers))
    writer = ModelWriter()
    inputs, outputs, values = [], [], []
    for layer in layers:
        sizes = [
            output_size(
                layer.padding, size, layer.window[i], layer.stride[i], dilation=layer.dilation[i]
            )
            for i, size in enumerate(layer.size)
        ]
        shape = (layer.batches, *layer.size, layer.depth)
        zero_point = int(rng.integers(-128, 128))
        x = writer.tensor("x", shape, scale=0.5, zero_point=zero_point)
        options: dict[str, OptionValue] = {
            "padding": layer.padding,
            "stride_h": layer.stride[0],
            "stride_w": layer.stride[1],
        }
        operands, scale = [x], 0.5
        if operator.endswith("CONV_2D"):
            is_dense = operator == "CONV_2D"
            depth = layer.depth if is_dense else layer.channels
            filters = (layer.channels if is_dense else 1, *layer.window, depth)
            data = rng.integers(-layer.weight, layer.weight + 1, filters)
            scales = 0.5 * 2.0 ** rng.uniform(-1, 1, layer.channels)
            operands.append(
                writer.tensor(
                    "w", filters, scale=scales.tolist(), axis=0 if is_dense else 3, data=data
                )
            )
            if layer.bias is not None:
                biases = rng.integers(-layer.bias, layer.bias + 1, layer.channels)
                operands.append(
                    writer.tensor("b", biases.shape, dtype="int32", scale=0.25, data=biases)
                )
            terms = math.prod(layer.window) * (layer.depth if is_dense else 1)
            scale = 0.25 * layer.weight * math.sqrt(terms) * 2.0**layer.shift
            options |= {
                "dilation_h_factor": layer.dilation[0],
                "dilation_w_factor": layer.dilation[1],
            }
            zero_point = int(rng.integers(-128, 128))
        else:
            options |= {"filter_height": layer.window[0], "filter_width": layer.window[1]}
        if operator == "DEPTHWISE_CONV_2D":
            options |= {"depth_multiplier": layer.channels // layer.depth}
        result = (layer.batches, *sizes, layer.channels)
        y = writer.tensor("y", result, scale=scale, zero_point=zero_point)
        writer.layer(operator, operands, (y,), options=options)
        inputs.append(x)
        outputs.append(y)
        values.append(rng.integers(-128, 128, shape, dtype=np.int8))
    return parse_model(writer.finish(inputs, outputs), name=operator.lower()), tuple(values)


@pytest.mark.parametrize(
    ("operator", "layers"),
    [
        ("CONV_2D", _CONVOLUTIONS),
        ("DEPTHWISE_CONV_2D", _DEPTHWISE),
        ("AVERAGE_POOL_2D", _POOLS),
        ("MAX_POOL_2D", _POOLS),
    ],
)
def test_layers_at_the_limits_of_tiles_blocks_and_bands(
    operator: str, layers: list[_Window]
) -> None:
    _assert_exact(*_model(operator, layers), checked=True)


def test_sums_and_products_at_their_limits() -> None:
    """Extreme inputs meet extreme weights, which is where halves of words have the least room."""
    writer = ModelWriter()
    depth, channels, pixels = 12, 6, 40
    x = writer.tensor("x", (1, 1, pixels, depth), scale=0.5, zero_point=-128)
    weights = np.full((channels, 1, 1, depth), 127)
    weights[1] = -127
    weights[2] = [64, 64, 64, 63] * 3  # as much as four weights may be together
    weights[3] = [-64, -64, -64, -63] * 3
    weights[4] = [64, 64, 64, 64] * 3  # one more
    weights[5] = [0, 0, 127, 128 - 256] * 3
    w = writer.tensor("w", weights.shape, scale=0.5, data=weights)
    y = writer.tensor("y", (1, 1, pixels, channels), scale=800.0, zero_point=0)
    writer.layer("CONV_2D", (x, w), (y,), options={"padding": "SAME", "stride_h": 1, "stride_w": 1})
    values = np.full((1, 1, pixels, depth), 127, np.int8)
    values[0, 0, 1::2] = -128
    values[0, 0, 3::4, ::2] = 127
    model = parse_model(writer.finish((x,), (y,)), name="extremes")
    _assert_exact(model, (values,), checked=True)


@pytest.mark.parametrize("count", [511, 512, 513, 2000])
def test_large_sums(count: int) -> None:
    writer = ModelWriter()
    rng = np.random.default_rng(count)
    shape = (1, count)
    a = writer.tensor("a", shape, scale=0.03, zero_point=-128)
    b = writer.tensor("b", shape, scale=0.5, zero_point=7)
    y = writer.tensor("y", shape, scale=0.4, zero_point=-3)
    writer.layer("ADD", (a, b), (y,), options={"fused_activation_function": "RELU6"})
    values = tuple(rng.integers(-128, 128, shape, dtype=np.int8) for _ in range(2))
    _assert_exact(parse_model(writer.finish((a, b), (y,)), name="sum"), values, checked=True)
