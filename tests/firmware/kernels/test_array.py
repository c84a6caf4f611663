"""The kernels of the array engines on the host, with a model of the engine in C++.

Small engines make tiles and blocks of small layers.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from firmware.golden import golden_tensors
from firmware.host import build_for_host
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
from tests.array_layers import WINDOW_OPERATORS, large_sum, window_layer

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


@pytest.mark.parametrize("engine", _ENGINES)
def test_layers_are_bit_exact(tmp_path: Path, engine: str) -> None:
    sizes = _ENGINES[engine]
    draw = Draw(np.random.default_rng([sizes.units, sizes.input_bytes]))
    for _ in range(_LAYERS):
        LAYERS["FULLY_CONNECTED"](draw)
        for operator in WINDOW_OPERATORS:
            LAYERS[operator](draw)
            window_layer(draw, operator)
    for _ in range(4):
        large_sum(draw)
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
