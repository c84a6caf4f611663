"""Generates `ds_cnn_seeded.tflite`: a keyword-spotting network with random weights.

The topology is that of MLPerf Tiny's keyword spotting benchmark (DS-CNN, "Hello Edge",
https://arxiv.org/abs/1711.07128), so its cycles are those of a real network; its weights are drawn
from a seed, so it recognises nothing. Regenerate both files, byte for byte, with

    python -m playground.models.generate_ds_cnn
"""

from __future__ import annotations

__all__ = ["ds_cnn", "main", "sample_input"]

import dataclasses
import hashlib
from pathlib import Path

import numpy as np
import numpy.typing as npt

from playground.models.network import Array, FloatLayer, apply_layer
from playground.models.quantize import quantize_images, quantize_network

_CHANNELS = 64
_CLASSES = 12
_INPUT_SHAPE = (49, 10, 1)  # time steps, mel-frequency cepstral coefficients
_INPUT_SCALE, _INPUT_ZERO_POINT = 0.5, 80  # from -104 to 23.5, about what speech features span
_CALIBRATION_IMAGES = 16


def main(folder: Path = Path(__file__).parent) -> None:
    """Write the model and its input into a folder."""
    (folder / "ds_cnn_seeded.tflite").write_bytes(ds_cnn())
    (folder / "ds_cnn_seeded.dat").write_bytes(sample_input().tobytes())


def sample_input() -> npt.NDArray[np.int8]:
    """Return the shipped input: (1, 49, 10, 1), noise as smooth as speech features."""
    return quantize_images(_images("inputs", 1), _INPUT_SCALE, _INPUT_ZERO_POINT)


def ds_cnn() -> bytes:
    """Return the model file; the same bytes on every machine."""
    calibration = _images("calibration", _CALIBRATION_IMAGES)
    network: list[FloatLayer] = []
    images = calibration
    for index, layer in enumerate(_topology()):
        normalized = _normalized(index, layer, images)
        network.append(normalized)
        images = apply_layer(normalized, images)
    return quantize_network(
        network,
        calibration,
        input_scale=_INPUT_SCALE,
        input_zero_point=_INPUT_ZERO_POINT,
        description="DS-CNN with seeded random weights: for measuring cycles, recognises nothing",
    )


def _topology() -> list[FloatLayer]:
    layers = [
        FloatLayer(
            "CONV_2D",
            weights=_noise("conv", (_CHANNELS, 10, 4, 1)),
            stride=(2, 2),
            activation="RELU",
        )
    ]
    for block in range(4):
        layers += [
            FloatLayer(
                "DEPTHWISE_CONV_2D",
                weights=_noise(f"depthwise {block}", (1, 3, 3, _CHANNELS)),
                activation="RELU",
            ),
            FloatLayer(
                "CONV_2D",
                weights=_noise(f"pointwise {block}", (_CHANNELS, 1, 1, _CHANNELS)),
                activation="RELU",
            ),
        ]
    return [
        *layers,
        FloatLayer("AVERAGE_POOL_2D", window=(25, 5), stride=(25, 5), padding="VALID"),
        FloatLayer("RESHAPE"),
        FloatLayer("FULLY_CONNECTED", weights=_noise("dense", (_CLASSES, _CHANNELS))),
        FloatLayer("SOFTMAX"),
    ]


def _normalized(index: int, layer: FloatLayer, images: Array) -> FloatLayer:
    """Return the layer with its channels brought to mean 0 and deviation 1, then moved a little.

    This stands in for the batch normalization of a trained network: without it the activations of
    random layers fade away or all look alike. The factors are rounded to three digits so that the
    last bits of NumPy's sums do not reach the weights.
    """
    if layer.weights is None:
        return layer
    channels = _CLASSES if layer.operator == "FULLY_CONNECTED" else _CHANNELS
    plain = dataclasses.replace(layer, bias=np.zeros(channels), activation="NONE")
    outputs = apply_layer(plain, images)
    axes = tuple(range(outputs.ndim - 1))
    gain = _rounded(1 / np.maximum(outputs.std(axis=axes), 1e-3))
    by_channel = gain if layer.operator == "DEPTHWISE_CONV_2D" else _first_axis(gain, layer.weights)
    shift = 0.3 * _noise(f"shift {index}", (channels,))
    return dataclasses.replace(
        layer,
        weights=layer.weights * by_channel,
        bias=_rounded(-outputs.mean(axis=axes) * gain) + shift,
    )


def _first_axis(values: Array, like: Array) -> Array:
    return values.reshape(-1, *[1] * (like.ndim - 1))


def _rounded(values: Array) -> Array:
    return np.array([float(f"{value:.2e}") for value in values.tolist()])


def _images(name: str, count: int) -> Array:
    """Return inputs (count, 49, 10, 1): noise, smoothed along time."""
    noise = _noise(name, (count, _INPUT_SHAPE[0] + 4, *_INPUT_SHAPE[1:]))
    smooth = sum(noise[:, lag : lag + _INPUT_SHAPE[0]] for lag in range(5)) / 5
    return np.asarray(-40 + 60 * smooth)


def _noise(name: str, shape: tuple[int, ...]) -> Array:
    """Return numbers of mean 0 and deviation 1, nearly normal, that a name stands for.

    Sums of a hash's bytes rather than a generator of NumPy's, whose streams may change.
    """
    terms = 8
    count = int(np.prod(shape))
    stream = hashlib.shake_256(f"ds_cnn_seeded: {name}".encode()).digest(terms * count)
    sums = np.frombuffer(stream, np.uint8).reshape(count, terms).sum(axis=1, dtype=np.int64)
    deviation = (terms * (256**2 - 1) / 12) ** 0.5
    return np.asarray((sums - terms * 127.5) / deviation).reshape(shape)


if __name__ == "__main__":
    main()
