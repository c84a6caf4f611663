"""What preparation accepts and refuses, and that what it accepts is safe to run."""

from __future__ import annotations

import dataclasses
import random
from collections.abc import Mapping

import numpy as np
import pytest

from firmware.host import run_on_host
from firmware.model import Layer, Model, OptionValue, Quantization, Tensor
from firmware.operators import PreparedLayer, prepare, supported_operators
from firmware.random_layers import random_layers
from toolchain import PlaygroundError

MUTATED_LAYERS = 60


def tensor(
    index: int,
    shape: tuple[int, ...],
    *,
    dtype: str = "int8",
    scales: tuple[float, ...] = (0.5,),
    zero_point: int = 0,
    data: bytes | None = None,
) -> Tensor:
    quantization = Quantization(scales, (zero_point,) * len(scales))
    return Tensor(index, f"t{index}", dtype, shape, quantization, data)


def prepare_one(
    operator: str,
    tensors: list[Tensor],
    options: Mapping[str, OptionValue] | None = None,
    *,
    inputs: tuple[int, ...] | None = None,
) -> PreparedLayer:
    """Prepare a layer whose last tensor is its output and whose others are its inputs."""
    last = len(tensors) - 1
    inputs = tuple(range(last)) if inputs is None else inputs
    layer = Layer(3, operator, 1, inputs, (last,), options or {})
    return prepare(Model("m", tuple(tensors), (layer,), (0,), (last,), "", b""), layer)


CONVOLUTION: dict[str, OptionValue] = {
    "padding": "VALID",
    "stride_h": 1,
    "stride_w": 1,
    "dilation_h_factor": 1,
    "dilation_w_factor": 1,
    "fused_activation_function": "NONE",
}


def convolution_tensors() -> list[Tensor]:
    return [
        tensor(0, (1, 5, 5, 3)),
        tensor(1, (4, 2, 3, 3)),
        tensor(2, (4,), dtype="int32"),
        tensor(3, (1, 4, 3, 4)),
    ]


def test_convolution_is_prepared() -> None:
    prepared = prepare_one("CONV_2D", convolution_tensors(), CONVOLUTION)
    assert (prepared.index, prepared.kernel, prepared.struct) == (3, "conv_2d", "Conv2DLayer")
    assert prepared.macs == 4 * 3 * 4 * 2 * 3 * 3
    assert prepared.fields["params.stride_width"] == 1


@pytest.mark.parametrize(
    ("position", "replacement", "message"),
    [
        (
            0,
            tensor(0, (1, 5, 5, 3), dtype="uint8"),
            "input `t0` is uint8; int8 is supported",
        ),
        (
            0,
            tensor(0, (5, 5, 3)),
            ("input `t0` has shape [5, 5, 3]; 4 dimensions are supported"),
        ),
        (
            1,
            tensor(1, (4, 2, 3, 2)),
            (
                "filter `t1` has shape [4, 2, 3, 2], which does not "
                "divide the 3 input channels into groups"
            ),
        ),
        (
            1,
            tensor(1, (4, 2, 3, 4)),
            (
                "filter `t1` has shape [4, 2, 3, 4], which does not "
                "divide the 3 input channels into groups"
            ),
        ),
        (
            1,
            tensor(1, (4, 2, 3, 3), zero_point=1),
            ("filter `t1` has a zero point other than 0; symmetric weights are supported"),
        ),
        (
            1,
            tensor(1, (4, 2, 3, 3), scales=(0.5, 0.5)),
            (
                "filter `t1` has 2 scales along dimension 0; one, or one "
                "for each slice along dimension 0, is supported"
            ),
        ),
        (
            2,
            tensor(2, (3,), dtype="int32"),
            "bias `t2` has shape [3], but [4] follows from the rest",
        ),
        (
            3,
            tensor(3, (1, 4, 4, 4)),
            ("output `t3` has shape [1, 4, 4, 4], but [1, 4, 3, 4] follows from the rest"),
        ),
        (
            3,
            tensor(3, (1, 4, 3, 4), scales=(float("nan"),)),
            ("output `t3` has scale nan; a finite one above zero is supported"),
        ),
        (
            3,
            tensor(3, (1, 4, 3, 4), zero_point=200),
            "output `t3` has zero point 200, which is outside of int8",
        ),
        (
            3,
            tensor(3, (1, 4, 3, 4), scales=(1e-30,)),
            "rescales by 2.5e+29; less than 2^30 is supported",
        ),
        (
            3,
            tensor(3, (1, 4, 3, 4), data=bytes(48)),
            "output `t3` is a constant",
        ),
        (
            1,
            tensor(1, (4, 2, 3, 3), data=bytes(71)),
            "filter `t1` holds 71 bytes, not 72",
        ),
        (
            0,
            tensor(0, (1, 0, 5, 3)),
            (
                "input `t0` has shape [1, 0, 5, 3]; sizes from 1 up and "
                "less than 2 GiB in all are supported"
            ),
        ),
    ],
)
def test_convolution_is_refused(position: int, replacement: Tensor, message: str) -> None:
    tensors = convolution_tensors()
    tensors[position] = replacement
    with pytest.raises(PlaygroundError) as refused:
        prepare_one("CONV_2D", tensors, CONVOLUTION)
    assert refused.value.message == f"layer 3 (`CONV_2D`) of `m`: {message}"


@pytest.mark.parametrize(
    ("option", "value", "message"),
    [
        ("stride_h", 0, "has stride_h 0; 1 to 32767 is supported"),
        ("dilation_w_factor", 40000, "has dilation_w_factor 40000; 1 to 32767 is supported"),
        ("padding", "EXPLICIT", "has padding EXPLICIT; SAME, VALID are supported"),
        (
            "fused_activation_function",
            "TANH",
            "has fused_activation_function TANH; NONE, RELU, RELU_N1_TO_1, RELU6 are supported",
        ),
    ],
)
def test_option_is_refused(option: str, value: OptionValue, message: str) -> None:
    with pytest.raises(PlaygroundError) as refused:
        prepare_one("CONV_2D", convolution_tensors(), {**CONVOLUTION, option: value})
    assert refused.value.message == f"layer 3 (`CONV_2D`) of `m`: {message}"


def test_unknown_operator_is_named_with_its_layer() -> None:
    with pytest.raises(PlaygroundError) as refused:
        prepare_one("SVDF", [tensor(0, (1,)), tensor(1, (1,))])
    assert refused.value.message == "layer 3 of `m` uses operator `SVDF`, which is not supported"
    assert refused.value.hint == "supported operators are listed by `cfu list operators`"


def test_missing_filter_is_refused() -> None:
    with pytest.raises(PlaygroundError, match=r"`CONV_2D`\) of `m`: has no filter"):
        prepare_one("CONV_2D", convolution_tensors(), CONVOLUTION, inputs=(0, -1, 2))


def test_window_larger_than_the_input_is_refused() -> None:
    tensors = convolution_tensors()
    tensors[0] = tensor(0, (1, 1, 1, 3))
    with pytest.raises(PlaygroundError, match="the window does not fit into input `t0`"):
        prepare_one("CONV_2D", tensors, CONVOLUTION)


def test_bias_of_another_scale_is_refused_as_tflm_does() -> None:
    tensors = [
        tensor(0, (1, 3)),
        tensor(1, (2, 3)),
        tensor(2, (2,), dtype="int32", scales=(0.5,)),
        tensor(3, (1, 2)),
    ]
    with pytest.raises(PlaygroundError, match="bias `t2` has a scale that is not the product"):
        prepare_one("FULLY_CONNECTED", tensors)


def test_axes_computed_at_run_time_are_refused() -> None:
    tensors = [tensor(0, (2, 3)), tensor(1, (1,), dtype="int32"), tensor(2, (2,))]
    with pytest.raises(PlaygroundError, match="axis `t1` is computed at run time"):
        prepare_one("MEAN", tensors)


@pytest.mark.parametrize("mask", ["ellipsis_mask", "new_axis_mask"])
def test_masks_that_tflm_ignores_are_refused(mask: str) -> None:
    index = np.array([0], np.int32).tobytes()
    tensors = [
        tensor(0, (2,)),
        *(tensor(i, (1,), dtype="int32", data=index) for i in (1, 2, 3)),
        tensor(4, (2,)),
    ]
    with pytest.raises(PlaygroundError, match=f"has {mask} 1; 0 to 0 is supported"):
        prepare_one("STRIDED_SLICE", tensors, {mask: 1})


def _mutated_tensor(original: Tensor, rng: random.Random) -> Tensor:
    """Return a tensor with a changed shape, and data that fits it."""
    shape = list(original.shape)
    match rng.randrange(4):
        case 0 if shape:
            shape[rng.randrange(len(shape))] += rng.choice((-1, 1, 1, 5))
        case 1 if shape:
            del shape[rng.randrange(len(shape))]
        case 2:
            shape.insert(rng.randint(0, len(shape)), rng.choice((1, 2)))
        case _:
            rng.shuffle(shape)
    data = original.data
    changed = dataclasses.replace(original, shape=tuple(shape), data=None)
    if data is not None:
        data = (data * (changed.bytes // max(len(data), 1) + 1))[: max(changed.bytes, 0)]
    return dataclasses.replace(changed, data=data)


def _mutate(model: Model, layer: Layer, rng: random.Random) -> tuple[Layer, dict[int, Tensor]]:
    """Return a layer with one or two things about it changed, and the tensors that changed."""
    changed: dict[int, Tensor] = {}
    options = dict(layer.options)
    for _ in range(rng.choice((1, 1, 2, 3))):
        indices = [index for index in (*layer.inputs, *layer.outputs) if index != -1]
        index = rng.choice(indices)
        before = changed.get(index, model.tensors[index])
        numbers = [name for name, value in options.items() if type(value) is int]
        match rng.randrange(5):
            case 0 if numbers:
                options[rng.choice(numbers)] = rng.choice((-1, 0, 1, 2, 3, 7, 1 << 20))
            case 1 if before.data is not None and before.dtype == "int32":
                values = np.frombuffer(before.data, "<i4").copy()
                values[rng.randrange(len(values))] += rng.choice((-9, -1, 1, 1, 2, 1 << 30))
                changed[index] = dataclasses.replace(before, data=values.tobytes())
            case _:
                changed[index] = _mutated_tensor(before, rng)
    return dataclasses.replace(layer, options=options), changed


@pytest.mark.parametrize("operator", supported_operators())
def test_what_is_accepted_runs_within_bounds(operator: str) -> None:
    """Layers with changed shapes and options are refused, or satisfy the kernels' assertions."""
    model = random_layers(operator, MUTATED_LAYERS, seed=9).model
    rng = random.Random(operator)
    tensors = list(model.tensors)
    accepted: list[Layer] = []
    refusals: list[str] = []
    for layer in model.layers:
        for _ in range(8):
            mutated, changed = _mutate(model, layer, rng)
            candidates = list(model.tensors)
            for index, replacement in changed.items():
                candidates[index] = replacement
            try:
                prepare(dataclasses.replace(model, tensors=tuple(candidates)), mutated)
            except PlaygroundError as error:
                refusals.append(error.message)
                continue
            for index, replacement in changed.items():
                tensors[index] = replacement
            accepted.append(dataclasses.replace(mutated, index=len(accepted)))
            break
    assert len(refusals) > MUTATED_LAYERS // 3
    assert all(f" (`{operator}`) of `{model.name}`: " in refusal for refusal in refusals)
    survivors = dataclasses.replace(
        model,
        tensors=tuple(tensors),
        layers=tuple(accepted),
        outputs=tuple(layer.outputs[0] for layer in accepted),
    )
    values = [np.ones(tensors[index].shape, tensors[index].dtype) for index in survivors.inputs]
    results = run_on_host(survivors, values, checked=True)
    assert len(results) == len(accepted)
