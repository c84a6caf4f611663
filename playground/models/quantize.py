"""Post-training int8 quantization of a float network into a `.tflite` file.

The scheme is TensorFlow Lite's (https://arxiv.org/abs/1712.05877 and its int8 specification):
weights symmetric, per output channel except in fully connected layers, activations asymmetric,
biases int32 at the product of both scales.
"""

from __future__ import annotations

__all__ = ["quantize_images", "quantize_network"]

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from firmware.model import OptionValue
from firmware.tflite_writer import ModelWriter
from playground.models.network import Array, FloatLayer, activations

_KEEPS_SCALE = frozenset({"AVERAGE_POOL_2D", "RESHAPE"})
# Operator versions as TensorFlow Lite's converter gives them to int8 layers.
_VERSIONS = {
    "AVERAGE_POOL_2D": 2,
    "CONV_2D": 3,
    "DEPTHWISE_CONV_2D": 3,
    "FULLY_CONNECTED": 4,
    "SOFTMAX": 2,
}


def quantize_images(images: Array, scale: float, zero_point: int) -> npt.NDArray[np.int8]:
    """Return real values as int8 of this scale and zero point."""
    return np.asarray(np.clip(np.rint(images / scale) + zero_point, -128, 127), np.int8)


def quantize_network(
    network: Sequence[FloatLayer],
    calibration: Array,
    *,
    input_scale: float,
    input_zero_point: int,
    description: str,
) -> bytes:
    """Return a `.tflite` file that computes a network in int8.

    Parameters
    ----------
    network
        Layers in order, each fed by the one before.
    calibration
        Images (count, height, width, channels) from which the activations' ranges are taken.
    input_scale, input_zero_point
        Quantization of the input.
    description
        Text kept in the file.
    """
    writer = ModelWriter(description)
    scale, zero_point = float(np.float32(input_scale)), input_zero_point
    source = writer.tensor("input", (1, *calibration.shape[1:]), scale=scale, zero_point=zero_point)
    first = source
    for index, (layer, output) in enumerate(
        zip(network, activations(network, calibration), strict=True)
    ):
        name = f"{index}_{layer.operator.lower()}"
        inputs = [source, *_constants(writer, name, layer, scale, output.shape)]
        if layer.operator == "SOFTMAX":
            scale, zero_point = 1 / 256, -128  # what the kernel demands
        elif layer.operator not in _KEEPS_SCALE:
            scale, zero_point = _activation_quantization(output)
        source = writer.tensor(name, (1, *output.shape[1:]), scale=scale, zero_point=zero_point)
        version = _VERSIONS.get(layer.operator, 1)
        writer.layer(layer.operator, inputs, (source,), version=version, options=_options(layer))
    return writer.finish((first,), (source,))


def _activation_quantization(values: Array) -> tuple[float, int]:
    """Return scale and zero point of the range that values take.

    The range is rounded to four digits: another order of summation in another build of NumPy,
    which changes the sixteenth, then gives the same file.
    """
    low = float(f"{min(float(values.min()), 0.0):.3e}")
    high = float(f"{max(float(values.max()), 0.0):.3e}")
    scale = float(np.float32((high - low) / 255))
    return scale, int(np.rint(-128 - low / scale))


def _constants(
    writer: ModelWriter, name: str, layer: FloatLayer, input_scale: float, shape: Sequence[int]
) -> list[int]:
    """Add a layer's constant inputs and return their tensors' indices."""
    if layer.operator == "RESHAPE":
        target = [1, *shape[1:]]
        return [writer.tensor(f"{name}/shape", (len(target),), dtype="int32", data=target)]
    weights, bias = layer.weights, layer.bias
    if weights is None or bias is None:
        return []
    axis = {"CONV_2D": 0, "DEPTHWISE_CONV_2D": 3}.get(layer.operator)
    others = tuple(dimension for dimension in range(weights.ndim) if dimension != axis)
    largest = np.abs(weights).max(axis=others if axis is not None else None, keepdims=True)
    scales = (np.maximum(largest, 1e-6) / 127).astype(np.float32)
    bias_scales = np.float32(input_scale) * scales.reshape(-1)
    return [
        writer.tensor(
            f"{name}/weights",
            weights.shape,
            scale=scales.reshape(-1).tolist(),
            axis=axis or 0,
            data=np.clip(np.rint(weights / scales.astype(np.float64)), -127, 127),
        ),
        writer.tensor(
            f"{name}/bias",
            bias.shape,
            dtype="int32",
            scale=bias_scales.tolist(),
            data=np.rint(bias / bias_scales.astype(np.float64)),
        ),
    ]


def _options(layer: FloatLayer) -> dict[str, OptionValue]:
    if layer.operator in ("RESHAPE", "FULLY_CONNECTED"):
        return {}
    if layer.operator == "SOFTMAX":
        return {"beta": 1.0}
    options: dict[str, OptionValue] = {
        "padding": layer.padding,
        "stride_h": layer.stride[0],
        "stride_w": layer.stride[1],
        "fused_activation_function": layer.activation,
    }
    if layer.operator == "DEPTHWISE_CONV_2D":
        options["depth_multiplier"] = 1
    if layer.operator == "AVERAGE_POOL_2D":
        options |= {"filter_height": layer.window[0], "filter_width": layer.window[1]}
    return options
