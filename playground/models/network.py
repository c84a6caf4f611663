"""Float networks in NumPy: what the shipped models are before they are quantized."""

from __future__ import annotations

__all__ = ["FloatLayer", "activations", "apply_layer", "padding_before", "windows"]

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class FloatLayer:
    """One layer; its operator and the layout of its arrays are those of a `.tflite` file.

    Attributes
    ----------
    operator
        "CONV_2D", "DEPTHWISE_CONV_2D", "AVERAGE_POOL_2D", "RESHAPE" (to one dimension an image),
        "FULLY_CONNECTED" or "SOFTMAX".
    weights
        (channels, height, width, inputs) of a convolution, (1, height, width, channels) of a
        depthwise one, (outputs, inputs) of a fully connected layer.
    bias
        One number per output channel.
    stride, window
        Height and width; `window` is that of a pool.
    padding, activation
        The schema's names.
    """

    operator: str
    weights: Array | None = None
    bias: Array | None = None
    stride: tuple[int, int] = (1, 1)
    window: tuple[int, int] = (1, 1)
    padding: str = "SAME"
    activation: str = "NONE"


def activations(network: Sequence[FloatLayer], images: Array) -> list[Array]:
    """Return the output of every layer for a batch of images (count, height, width, channels)."""
    outputs = []
    for layer in network:
        images = apply_layer(layer, images)
        outputs.append(images)
    return outputs


def apply_layer(layer: FloatLayer, images: Array) -> Array:
    """Return a layer's output for a batch."""
    if layer.operator == "RESHAPE":
        return images.reshape(len(images), -1)
    if layer.operator == "SOFTMAX":
        exponents = np.exp(images - images.max(axis=-1, keepdims=True))
        return np.asarray(exponents / exponents.sum(axis=-1, keepdims=True))
    if layer.operator == "AVERAGE_POOL_2D":
        seen = windows(images, layer.window, layer.stride, layer.padding)
        return np.asarray(seen.mean(axis=(3, 4)))
    weights, bias = layer.weights, layer.bias
    assert weights is not None
    assert bias is not None
    if layer.operator == "FULLY_CONNECTED":
        output = images @ weights.T + bias
    else:
        size = (weights.shape[1], weights.shape[2])
        patches = windows(images, size, layer.stride, layer.padding)
        if layer.operator == "CONV_2D":
            output = np.tensordot(patches, weights, ((3, 4, 5), (1, 2, 3))) + bias
        else:
            output = np.einsum("nhwijc,ijc->nhwc", patches, weights[0]) + bias
    return np.maximum(output, 0) if layer.activation == "RELU" else output


def windows(images: Array, size: tuple[int, int], stride: tuple[int, int], padding: str) -> Array:
    """Return what a sliding window sees: (count, rows, columns, height, width, channels)."""
    if padding == "SAME":
        sides = [(0, 0)]
        for extent, length, step in zip(images.shape[1:3], size, stride, strict=True):
            before, after = padding_before(extent, length, step)
            sides.append((before, after))
        images = np.pad(images, [*sides, (0, 0)])
    views = np.lib.stride_tricks.sliding_window_view(images, size, axis=(1, 2))
    return np.moveaxis(views[:, :: stride[0], :: stride[1]], 3, -1)


def padding_before(extent: int, length: int, step: int) -> tuple[int, int]:
    """Return the zeros before and after an axis under "SAME" padding."""
    total = max((-(-extent // step) - 1) * step + length - extent, 0)
    return total // 2, total - total // 2
