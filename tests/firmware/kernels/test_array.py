"""The kernels of the array engines on the host, with a model of the engine in C++.

Small engines make tiles and blocks of small layers.
"""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

from firmware.golden import golden_tensors
from firmware.host import build_for_host
from firmware.model import OptionValue
from firmware.operators.quantization import output_size
from firmware.random_layers.draw import Draw
from firmware.random_layers.windows import LAYERS
from firmware.tflite_reader import parse_model
from gateware.array import ArraySizes
from gateware.array.instructions import (
    Configure,
    Fetch,
    Fill,
    Push,
    PushBytes,
    Read,
    Run,
    Seek,
    Wait,
)
from gateware.array.registers import software_constants
from gateware.intrinsics import intrinsics_header
from gateware.spec import CfuSpec

_KERNELS = Path("firmware/kernels/overrides/array")
_MODEL = Path(__file__).parent / "array_engine.cc"
_COUNT_BITS = 24
_LAYERS = 20  # of an operator and a kind; the interpreter takes models of up to 1024 buffers

_ENGINES = {
    "pushed": ArraySizes(units=8, input_bytes=4096, filter_words=1024, channels=64),
    "one unit": ArraySizes(units=1, input_bytes=512, filter_words=512, channels=16),
    "small": ArraySizes(units=2, input_bytes=128, filter_words=64, channels=16),
    "small, fetched": ArraySizes(
        units=2, input_bytes=256, filter_words=128, channels=8, memory_port=True
    ),
    "tiny, fetched": ArraySizes(
        units=4, input_bytes=64, filter_words=16, channels=4, memory_port=True
    ),
}
_OPERATORS = ("CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED", "AVERAGE_POOL_2D")


def _header_directory(directory: Path, sizes: ArraySizes) -> Path:
    """Write `cfu.h` of an engine, and the numbers of its instructions for the model."""
    instructions = [
        *(kind() for kind in (Configure, Seek, Push, PushBytes, Run, Read, Wait)),
        *(kind(_COUNT_BITS) for kind in (Fill, Fetch)),
    ]
    specs = tuple(instruction.spec for instruction in instructions)
    numbers = "".join(
        f"constexpr uint32_t k{spec.name.title().replace('_', '')} = {spec.function_id};\n"
        for spec in specs
    )
    spec = CfuSpec(
        "engine",
        tuple(spec for spec in specs if sizes.memory_port or spec.name != "fetch"),
        tuple(software_constants(sizes).items()),
        memory_port=sizes.memory_port,
    )
    (directory / "cfu.h").write_text(intrinsics_header(spec))
    (directory / "engine_ids.h").write_text(
        f"#include <cstdint>\n\nnamespace ids {{\n{numbers}}}  // namespace ids\n"
    )
    return directory


def _window(draw: Draw, operator: str) -> None:
    """Add a layer of more channels than random layers have, most of them in fours."""
    is_pool, is_dense = operator == "AVERAGE_POOL_2D", operator == "CONV_2D"
    depth = 4 * draw.integer(1, 9) + (draw.integer(0, 3) if is_dense else 0)
    channels = draw.integer(1, 40) if is_dense else depth
    window, stride = ((draw.integer(1, 3), draw.integer(1, 3)) for _ in range(2))
    dilation = (draw.integer(1, 2), draw.integer(1, 2)) if not is_pool else (1, 1)
    padding = draw.choice(("SAME", "VALID"))
    size = [(window[i] - 1) * dilation[i] + draw.integer(1, 11) for i in (0, 1)]
    outputs = [
        output_size(padding, size[i], window[i], stride[i], dilation=dilation[i]) for i in (0, 1)
    ]
    batches = draw.choice((1, 1, 2))
    source = draw.operand((batches, *size, depth))
    operands, scale = [source.index], source.scale
    options: dict[str, OptionValue] = {
        "padding": padding,
        "stride_h": stride[0],
        "stride_w": stride[1],
        "fused_activation_function": draw.activation(),
    }
    if is_pool:
        options |= {"filter_height": window[0], "filter_width": window[1]}
    else:
        filters = (channels, *window, depth) if is_dense else (1, *window, channels)
        weights, scales = draw.weights(filters, axis=0 if is_dense else 3)
        product = source.scale * float(np.median(scales))
        terms = math.prod(window) * (depth if is_dense else 1)
        bias = draw.bias(channels, largest=1000 * terms, scale=product)
        operands += [weights] if bias == -1 else [weights, bias]
        scale = product * 150 * math.sqrt(terms) / draw.factor(1)
        options |= {"dilation_h_factor": dilation[0], "dilation_w_factor": dilation[1]}
    if operator == "DEPTHWISE_CONV_2D":
        options |= {"depth_multiplier": 1}
    shape = (batches, *outputs, channels)
    result = draw.result(shape, scale=scale, zero_point=source.zero_point)
    draw.layer(operator, operands, result, options)


def _sum(draw: Draw) -> None:
    """Add an ADD of enough elements for tables."""
    shape = (draw.integer(512, 6000),)
    a, b = draw.operand(shape), draw.operand(shape)
    result = draw.result(shape, scale=draw.factor(max(a.scale, b.scale)) + a.scale / 1000)
    options = {"fused_activation_function": draw.activation()}
    draw.layer("ADD", [a.index, b.index], result, options)


@pytest.mark.parametrize("engine", _ENGINES)
def test_layers_are_bit_exact(tmp_path: Path, engine: str) -> None:
    sizes = _ENGINES[engine]
    draw = Draw(np.random.default_rng([sizes.units, sizes.input_bytes]))
    for operator in _OPERATORS:
        for _ in range(_LAYERS):
            LAYERS[operator](draw)
            if operator != "FULLY_CONNECTED":
                _window(draw, operator)
    for _ in range(4):
        _sum(draw)
    content, inputs = draw.finish()
    model = parse_model(content, name=engine)
    wanted = [layer.outputs[0] for layer in model.layers]
    expected = golden_tensors(model.content, inputs, wanted=wanted)
    program = build_for_host(
        model,
        overrides={path.stem: path for path in _KERNELS.glob("*.cc")},
        include=[_header_directory(tmp_path, sizes)],
        support=[_MODEL],
        checked=True,
    )
    for index, outputs in program.run(inputs).items():
        layer = model.layers[index]
        np.testing.assert_array_equal(
            outputs[0],
            expected[layer.outputs[0]],
            err_msg=f"layer {index}: {layer.operator} {layer.options}",
        )
