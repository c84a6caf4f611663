"""The kernels of the array engines on the host, with a model of the engine in C++.

Small engines make tiles and blocks of small layers.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest

from firmware.golden import golden_tensors
from firmware.host import build_for_host
from firmware.model import Model
from firmware.random_layers import random_layers
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
_LAYERS = 100  # the interpreter takes models of up to 1024 buffers

# Of the engine: units, bytes of inputs, words of filters, channels.
_ENGINES = {
    "large": (8, 8192, 1024, 256),
    "narrow": (1, 2048, 512, 256),
    "small": (2, 128, 64, 16),
    "tiny": (4, 64, 16, 4),
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


def _run(
    model: Model, inputs: tuple[np.ndarray, ...], directory: Path, sizes: ArraySizes
) -> Mapping[int, tuple[np.ndarray, ...]]:
    operators = {layer.operator.lower() for layer in model.layers}
    program = build_for_host(
        model,
        overrides={path.stem: path for path in _KERNELS.glob("*.cc") if path.stem in operators},
        include=[_header_directory(directory, sizes)],
        support=[_MODEL],
        checked=True,
    )
    return program.run(inputs)


@pytest.mark.parametrize("memory_port", [False, True], ids=["pushed", "fetched"])
@pytest.mark.parametrize("engine", _ENGINES)
@pytest.mark.parametrize("kernel", sorted(path.stem for path in _KERNELS.glob("*.cc")))
def test_random_layers_are_bit_exact(
    tmp_path: Path, kernel: str, engine: str, memory_port: bool
) -> None:
    units, input_bytes, filter_words, channels = _ENGINES[engine]
    sizes = ArraySizes(
        units=units,
        input_bytes=input_bytes,
        filter_words=filter_words,
        channels=channels,
        memory_port=memory_port,
    )
    layers = random_layers(kernel.upper(), _LAYERS, seed=units + 100 * memory_port)
    model = layers.model
    wanted = [layer.outputs[0] for layer in model.layers]
    expected = golden_tensors(model.content, layers.inputs, wanted=wanted)
    for index, outputs in _run(model, layers.inputs, tmp_path, sizes).items():
        layer = model.layers[index]
        np.testing.assert_array_equal(
            outputs[0], expected[layer.outputs[0]], err_msg=f"layer {index}: {layer.options}"
        )
