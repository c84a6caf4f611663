"""A sample of the operators' random cases on the RTL; the bulk runs on the host."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from firmware.model import OptionValue
from firmware.operators import supported_operators
from firmware.operators.quantization import output_size
from firmware.random_layers import random_layers
from firmware.tflite_reader import parse_model
from firmware.tflite_writer import ModelWriter
from gateware.load import kernels_of, shipped_cfus
from tests.sim.bench import Bench

_LAYERS = 4
_OVERRIDES = Path("firmware/kernels/overrides")


def _with_kernels(bench: Bench, kernels: str) -> Bench:
    """Return a bench with the kernels of a name and the CFU that they are for, if any."""
    cfu = next((name for name in shipped_cfus() if kernels_of(name) == kernels), "none")
    return bench.with_cfu(cfu).with_kernels(_OVERRIDES / kernels)


@pytest.mark.parametrize("operator", supported_operators())
def test_reference_kernels(bench: Bench, operator: str) -> None:
    layers = random_layers(operator, _LAYERS, seed=11)
    bench.assert_exact(layers.model, layers.inputs)


@pytest.mark.parametrize(
    ("kernels", "kernel"),
    [(path.parent.name, path.stem) for path in sorted(_OVERRIDES.glob("*/*.cc"))],
)
def test_shipped_kernels(bench: Bench, kernels: str, kernel: str) -> None:
    layers = random_layers(kernel.upper(), 60, seed=12)
    result = _with_kernels(bench, kernels).assert_exact(layers.model, layers.inputs)
    overridden = sum(layer.overridden for layer in result.inferences[0].layers)
    assert overridden > 0, "the override declined every layer"


@pytest.mark.parametrize(
    ("kernels", "operator", "depth", "channels", "window", "overridden"),
    [
        ("simd_mac", "CONV_2D", 512, 7, (2, 2), True),  # as much as the CFU's buffer holds
        ("simd_mac", "CONV_2D", 513, 7, (2, 2), False),
        ("simd_mac", "CONV_2D", 65, 67, (3, 1), True),  # several blocks of filters, packed
        ("simd_mac", "CONV_2D", 64, 67, (1, 3), True),  # the same in place
        ("simd_mac", "DEPTHWISE_CONV_2D", 256, 256, (3, 4), True),  # several blocks of channels
        ("simd_mac", "DEPTHWISE_CONV_2D", 4, 4, (25, 20), True),  # the most taps
        ("simd_mac", "DEPTHWISE_CONV_2D", 4, 4, (3, 167), False),
        ("simd_mac", "FULLY_CONNECTED", 2044, 5, (1, 1), True),
        ("simd_mac", "FULLY_CONNECTED", 2048, 6, (1, 1), True),
        ("simd_mac", "FULLY_CONNECTED", 2052, 5, (1, 1), False),
        ("simd_mac", "AVERAGE_POOL_2D", 130, 130, (3, 2), True),  # three blocks of channels
        ("mac4", "CONV_2D", 1024, 5, (2, 2), True),  # as much as is kept of inputs
        ("mac4", "CONV_2D", 1025, 5, (2, 2), False),
        ("mac4", "CONV_2D", 65, 67, (3, 1), True),  # several blocks of filters, packed
        ("mac4", "CONV_2D", 64, 67, (1, 3), True),  # the same in place
        ("mac4", "FULLY_CONNECTED", 2052, 130, (1, 1), True),  # three times as many as at a time
        ("mac4", "FULLY_CONNECTED", 2050, 3, (1, 1), False),
    ],
)
def test_limits_of_kernels(
    bench: Bench,
    kernels: str,
    operator: str,
    depth: int,
    channels: int,
    window: tuple[int, int],
    overridden: bool,
) -> None:
    rng = np.random.default_rng(depth)
    size, stride, is_pool = (4, 5), (2, 1), operator == "AVERAGE_POOL_2D"
    writer = ModelWriter()
    shapes: list[tuple[int, ...]]
    options: dict[str, OptionValue] = {}
    if operator == "FULLY_CONNECTED":
        shapes = [(2, depth), (channels, depth), (2, channels)]
    else:
        outputs = [output_size("SAME", size[i], window[i], stride[i], dilation=1) for i in (0, 1)]
        weights = (channels, *window, depth) if operator == "CONV_2D" else (1, *window, channels)
        shapes = [(2, *size, depth), weights, (2, *outputs, channels)]
        options = {"padding": "SAME", "stride_h": stride[0], "stride_w": stride[1]}
    x = writer.tensor("x", shapes[0], scale=0.5, zero_point=-128)
    if operator == "DEPTHWISE_CONV_2D":
        options |= {"depth_multiplier": 1}
    if is_pool:
        options |= {"filter_height": window[0], "filter_width": window[1]}
        operands, scale = [x], 0.5
    else:
        filters = rng.integers(-127, 128, shapes[1])
        operands = [x, writer.tensor("w", shapes[1], scale=0.5, data=filters)]
        scale = 0.25 * 128 * np.sqrt(filters.size / channels)
    y = writer.tensor("y", shapes[2], scale=scale, zero_point=-128 if is_pool else 3)
    writer.layer(operator, operands, (y,), options=options)
    values = rng.integers(-128, 128, shapes[0], dtype=np.int8)
    model = parse_model(writer.finish((x,), (y,)), name="limit")
    result = _with_kernels(bench, kernels).assert_exact(model, [values])
    assert [layer.overridden for layer in result.inferences[0].layers] == [overridden]
