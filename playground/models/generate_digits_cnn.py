"""Generates `digits_cnn.tflite`: a small network that reads handwritten digits.

Trained here, in NumPy, on the 8x8 images of the "Optical Recognition of Handwritten Digits" data
set (E. Alpaydin and C. Kaynak, https://doi.org/10.24432/C50P49, CC BY 4.0), as scikit-learn has
them. scikit-learn is needed for nothing else, so it is not among the project's dependencies:

    pip install scikit-learn
    python -m playground.models.generate_digits_cnn

`digits_cnn_test.dat` gets the test images, which the training has not seen, and
`digits_cnn_test_labels.dat` what they show; `digits_cnn.dat` has the first few of the images. The
seed is fixed; another build of NumPy may still round otherwise and end at slightly other weights.
"""

from __future__ import annotations

__all__ = ["main"]

import dataclasses
from pathlib import Path

import numpy as np
import numpy.typing as npt

from playground.models.network import Array, FloatLayer, activations, padding_before, windows
from playground.models.quantize import quantize_images, quantize_network

_SEED = 8
_TEST_IMAGES = 360
_SAMPLE_IMAGES = 40
_EPOCHS = 60
_BATCH = 32
_LEARNING_RATE = 3e-3
_INPUT_SCALE, _INPUT_ZERO_POINT = 1 / 255, -128  # of intensities from 0 to 1

Labels = npt.NDArray[np.int64]


def main(folder: Path = Path(__file__).parent) -> None:
    """Train, quantize and write the model and its test images into a folder."""
    rng = np.random.default_rng(_SEED)
    images, labels = _digits()
    order = rng.permutation(len(images))
    test, train = order[:_TEST_IMAGES], order[_TEST_IMAGES:]
    network = _train(_topology(rng), images[train], labels[train], rng)
    content = quantize_network(
        network,
        images[train],
        input_scale=_INPUT_SCALE,
        input_zero_point=_INPUT_ZERO_POINT,
        description="Handwritten digits, 8x8 pixels; trained on the UCI/scikit-learn data set",
    )
    (folder / "digits_cnn.tflite").write_bytes(content)
    inputs = quantize_images(images[test], _INPUT_SCALE, _INPUT_ZERO_POINT)
    (folder / "digits_cnn.dat").write_bytes(inputs[:_SAMPLE_IMAGES].tobytes())
    (folder / "digits_cnn_test.dat").write_bytes(inputs.tobytes())
    (folder / "digits_cnn_test_labels.dat").write_bytes(labels[test].astype(np.uint8).tobytes())


def _digits() -> tuple[Array, Labels]:
    """Return images (1797, 8, 8, 1) of intensities 0 to 1 and what they show."""
    from sklearn.datasets import load_digits

    digits = load_digits()
    return digits.images[..., np.newaxis] / 16, digits.target.astype(np.int64)


def _topology(rng: np.random.Generator) -> list[FloatLayer]:
    def weights(*shape: int, inputs: int) -> Array:
        return rng.normal(0, (2 / inputs) ** 0.5, shape)

    return [
        FloatLayer("CONV_2D", weights(16, 3, 3, 1, inputs=9), np.zeros(16), activation="RELU"),
        FloatLayer(
            "DEPTHWISE_CONV_2D",
            weights(1, 3, 3, 16, inputs=9),
            np.zeros(16),
            stride=(2, 2),
            activation="RELU",
        ),
        FloatLayer("CONV_2D", weights(32, 1, 1, 16, inputs=16), np.zeros(32), activation="RELU"),
        FloatLayer("RESHAPE"),
        FloatLayer("FULLY_CONNECTED", weights(10, 512, inputs=512), np.zeros(10)),
        FloatLayer("SOFTMAX"),
    ]


def _train(
    network: list[FloatLayer], images: Array, labels: Labels, rng: np.random.Generator
) -> list[FloatLayer]:
    """Return the network after training with Adam (https://arxiv.org/abs/1412.6980)."""
    trained = [index for index, layer in enumerate(network) if layer.weights is not None]
    moments = {
        (index, name): [np.zeros_like(getattr(network[index], name)) for _ in range(2)]
        for index in trained
        for name in ("weights", "bias")
    }
    step = 0
    for epoch in range(_EPOCHS):
        rate = _LEARNING_RATE * (1 - epoch / _EPOCHS)
        order = rng.permutation(len(images))
        for start in range(0, len(order), _BATCH):
            batch = order[start : start + _BATCH]
            step += 1
            gradients = _gradients(network, _shifted(images[batch], rng), labels[batch])
            for index in trained:
                updated = {}
                for name, gradient in zip(("weights", "bias"), gradients[index], strict=True):
                    mean, square = moments[index, name]
                    mean += 0.1 * (gradient - mean)
                    square += 0.001 * (gradient**2 - square)
                    change = (mean / (1 - 0.9**step)) / (np.sqrt(square / (1 - 0.999**step)) + 1e-8)
                    updated[name] = getattr(network[index], name) - rate * change
                network[index] = dataclasses.replace(network[index], **updated)
    return network


def _shifted(images: Array, rng: np.random.Generator) -> Array:
    """Return the images, each moved by up to a pixel in each direction."""
    padded = np.pad(images, ((0, 0), (1, 1), (1, 1), (0, 0)))
    moves = rng.integers(0, 3, (len(images), 2))
    return np.stack(
        [image[y : y + 8, x : x + 8] for image, (y, x) in zip(padded, moves, strict=True)]
    )


def _gradients(
    network: list[FloatLayer], images: Array, labels: Labels
) -> dict[int, tuple[Array, Array]]:
    """Return the gradients of the mean cross entropy by layer: of its weights and its bias."""
    outputs = activations(network, images)
    inputs = [images, *outputs]
    gradient = (outputs[-1] - np.eye(10)[labels]) / len(labels)  # of the softmax's input
    gradients = {}
    for index in reversed(range(len(network) - 1)):
        layer, given = network[index], inputs[index]
        if layer.activation == "RELU":
            gradient = gradient * (outputs[index] > 0)
        if layer.operator == "RESHAPE":
            gradient = gradient.reshape(given.shape)
        elif layer.operator == "FULLY_CONNECTED":
            assert layer.weights is not None
            gradients[index] = (gradient.T @ given, gradient.sum(axis=0))
            gradient = gradient @ layer.weights
        else:
            gradients[index], gradient = _convolution_gradients(layer, given, gradient)
    return gradients


def _convolution_gradients(
    layer: FloatLayer, images: Array, gradient: Array
) -> tuple[tuple[Array, Array], Array]:
    """Return the gradients of a convolution's weights and bias, and that of its input."""
    assert layer.weights is not None
    height, width = layer.weights.shape[1:3]
    patches = windows(images, (height, width), layer.stride, layer.padding)
    depthwise = layer.operator == "DEPTHWISE_CONV_2D"
    if depthwise:
        of_weights = np.einsum("nhwijc,nhwc->ijc", patches, gradient)[np.newaxis]
    else:
        of_weights = np.tensordot(gradient, patches, ((0, 1, 2), (0, 1, 2)))
    (top, bottom), (left, right) = (
        padding_before(extent, size, step)
        for extent, size, step in zip(images.shape[1:3], (height, width), layer.stride, strict=True)
    )
    padded = np.zeros_like(np.pad(images, ((0, 0), (top, bottom), (left, right), (0, 0))))
    rows, columns = gradient.shape[1:3]
    for y in range(height):
        for x in range(width):
            tap = layer.weights[:, y, x]
            part = gradient * tap[0] if depthwise else gradient @ tap
            padded[
                :,
                y : y + rows * layer.stride[0] : layer.stride[0],
                x : x + columns * layer.stride[1] : layer.stride[1],
            ] += part
    inner = padded[:, top : top + images.shape[1], left : left + images.shape[2]]
    return (of_weights, gradient.sum(axis=(0, 1, 2))), inner


if __name__ == "__main__":
    main()
