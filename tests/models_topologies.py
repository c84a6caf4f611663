"""Small quantized networks of topologies that no kernel was written for."""

from __future__ import annotations

__all__ = ["TOPOLOGIES", "topologies"]

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from firmware.model import Model, OptionValue
from firmware.operators.quantization import output_size
from firmware.random_layers.draw import Array
from firmware.tflite_reader import parse_model
from firmware.tflite_writer import ModelWriter

_SPREAD = 40.0  # standard deviation that outputs are to have
_Pair = tuple[int, int]


@dataclass(frozen=True)
class _Tensor:
    index: int
    shape: tuple[int, ...]
    scale: float
    zero_point: int


class _Network:
    """Adds layers with random weights to a model, scaled so that outputs use their range."""

    def __init__(self, seed: int) -> None:
        self._rng = np.random.default_rng(seed)
        self._writer = ModelWriter("topologies")
        self._inputs: list[int] = []
        self._values: list[Array] = []
        self._outputs: list[int] = []

    def finish(self, name: str) -> tuple[Model, tuple[Array, ...]]:
        content = self._writer.finish(self._inputs, self._outputs)
        return parse_model(content, name=name), tuple(self._values)

    def input(self, *shape: int) -> _Tensor:
        tensor = self._tensor(shape, scale=0.02)
        self._inputs.append(tensor.index)
        self._values.append(self._rng.integers(-128, 128, shape, dtype=np.int8))
        return tensor

    def output(self, tensor: _Tensor) -> None:
        self._outputs.append(tensor.index)

    def conv(
        self,
        x: _Tensor,
        channels: int,
        window: _Pair = (1, 1),
        *,
        stride: int = 1,
        dilation: int = 1,
        padding: str = "SAME",
        activation: str = "RELU6",
        has_bias: bool = True,
    ) -> _Tensor:
        weights = (channels, *window, x.shape[3])
        return self._window(
            "CONV_2D", x, weights, stride, dilation, padding, activation, has_bias=has_bias
        )

    def depthwise(
        self,
        x: _Tensor,
        *,
        window: _Pair = (3, 3),
        stride: int = 1,
        dilation: int = 1,
        padding: str = "SAME",
        multiplier: int = 1,
    ) -> _Tensor:
        weights = (1, *window, x.shape[3] * multiplier)
        return self._window("DEPTHWISE_CONV_2D", x, weights, stride, dilation, padding, "RELU6")

    def fully_connected(
        self, x: _Tensor, channels: int, *, activation: str = "NONE", has_bias: bool = True
    ) -> _Tensor:
        shape = (channels, math.prod(x.shape[1:]))
        weights, bias, scale = self._weights(x, shape, axis=0, has_bias=has_bias, per_channel=False)
        y = self._tensor((x.shape[0], channels), scale=scale, is_positive=activation != "NONE")
        return self._layer(
            "FULLY_CONNECTED", [x, weights, *bias], y, fused_activation_function=activation
        )

    def add(self, a: _Tensor, b: _Tensor, *, activation: str = "NONE") -> _Tensor:
        y = self._tensor(a.shape, scale=1.2 * math.hypot(a.scale, b.scale))
        return self._layer("ADD", [a, b], y, fused_activation_function=activation)

    def pool(self, operator: str, x: _Tensor, window: _Pair, *, stride: _Pair) -> _Tensor:
        sizes = [output_size("SAME", x.shape[1 + i], window[i], stride[i]) for i in (0, 1)]
        shape = (x.shape[0], *sizes, x.shape[3])
        y = self._tensor(shape, scale=x.scale, zero_point=x.zero_point)
        return self._layer(
            operator,
            [x],
            y,
            padding="SAME",
            stride_h=stride[0],
            stride_w=stride[1],
            filter_height=window[0],
            filter_width=window[1],
        )

    def average(self, x: _Tensor) -> _Tensor:
        """Add the mean over the whole image."""
        size = (x.shape[1], x.shape[2])
        return self.pool("AVERAGE_POOL_2D", x, size, stride=size)

    def softmax(self, x: _Tensor) -> _Tensor:
        y = self._tensor(x.shape, scale=1 / 256, zero_point=-128)
        return self._layer("SOFTMAX", [x], y, beta=1.0)

    def _window(
        self,
        operator: str,
        x: _Tensor,
        weights_shape: tuple[int, ...],
        stride: int,
        dilation: int,
        padding: str,
        activation: str,
        *,
        has_bias: bool = True,
    ) -> _Tensor:
        is_dense = operator == "CONV_2D"
        channels = weights_shape[0 if is_dense else 3]
        sizes = [
            output_size(padding, x.shape[i], weights_shape[i], stride, dilation=dilation)
            for i in (1, 2)
        ]
        weights, bias, scale = self._weights(
            x, weights_shape, axis=0 if is_dense else 3, has_bias=has_bias, per_channel=True
        )
        y = self._tensor(
            (x.shape[0], *sizes, channels), scale=scale, is_positive=activation != "NONE"
        )
        options: dict[str, OptionValue] = {
            "padding": padding,
            "stride_h": stride,
            "stride_w": stride,
            "dilation_h_factor": dilation,
            "dilation_w_factor": dilation,
            "fused_activation_function": activation,
        }
        if not is_dense:
            options["depth_multiplier"] = channels // x.shape[3]
        return self._layer(operator, [x, weights, *bias], y, **options)

    def _weights(
        self, x: _Tensor, shape: tuple[int, ...], *, axis: int, has_bias: bool, per_channel: bool
    ) -> tuple[_Tensor, Sequence[_Tensor], float]:
        """Add weights and perhaps a bias; return them and a scale for the output."""
        channels = shape[axis]
        spread = self._rng.uniform(15, 55)
        data = np.clip(np.rint(self._rng.normal(0, spread, shape)), -127, 127)
        count = channels if per_channel else 1
        scales = (0.004 * 2.0 ** self._rng.uniform(-1, 1, count)).astype(np.float32)
        index = self._writer.tensor("w", shape, scale=scales.tolist(), axis=axis, data=data)
        deviation = 70 * spread * math.sqrt(data.size / channels)
        bias: list[_Tensor] = []
        if has_bias:
            values = np.rint(self._rng.normal(0, deviation / 2, channels))
            b = self._writer.tensor(
                "b", (channels,), dtype="int32", scale=(x.scale * scales).tolist(), data=values
            )
            bias.append(_Tensor(b, (channels,), 0, 0))
        scale = x.scale * float(np.median(scales)) * deviation / _SPREAD
        return _Tensor(index, shape, 0, 0), bias, scale

    def _tensor(
        self,
        shape: tuple[int, ...],
        *,
        scale: float,
        is_positive: bool = False,
        zero_point: int | None = None,
    ) -> _Tensor:
        if zero_point is None:
            zero_point = -128 if is_positive else int(self._rng.integers(-30, 30))
        exact = float(np.float32(scale))
        index = self._writer.tensor("t", shape, scale=exact, zero_point=zero_point)
        return _Tensor(index, shape, exact, zero_point)

    def _layer(
        self, operator: str, inputs: Sequence[_Tensor], y: _Tensor, **options: OptionValue
    ) -> _Tensor:
        self._writer.layer(operator, [x.index for x in inputs], [y.index], options=options)
        return y


def _inverted_residuals(net: _Network) -> None:
    """MobileNetV2's blocks: expand, depthwise, project, add."""
    x = net.conv(net.input(1, 14, 10, 3), 8, (3, 3), stride=2)
    for stride, channels in ((1, 8), (2, 12), (1, 12)):
        y = net.conv(x, 3 * x.shape[3])
        y = net.depthwise(y, stride=stride)
        y = net.conv(y, channels, activation="NONE")
        x = net.add(x, y) if y.shape == x.shape else y
    net.output(net.softmax(net.fully_connected(net.average(x), 6)))


def _odd_channels(net: _Network) -> None:
    x = net.conv(net.input(1, 9, 7, 3), 7, (3, 3))
    x = net.conv(x, 13, (3, 3), stride=2)
    x = net.depthwise(x)
    x = net.conv(x, 29, has_bias=False)
    net.output(net.fully_connected(net.average(x), 5, has_bias=False))


def _strides_and_dilations(net: _Network) -> None:
    x = net.conv(net.input(2, 15, 13, 4), 8, (3, 3), dilation=2)
    x = net.depthwise(x, dilation=2)
    x = net.depthwise(x, stride=2, multiplier=2)
    x = net.conv(x, 12, (2, 3), stride=2, padding="VALID")
    x = net.pool("MAX_POOL_2D", x, (2, 2), stride=(1, 2))
    net.output(net.conv(x, 10, (3, 1), dilation=2, activation="NONE"))


def _large_image(net: _Network) -> None:
    x = net.conv(net.input(1, 64, 48, 3), 4, (3, 3), stride=2)
    x = net.depthwise(x, stride=2)
    x = net.conv(x, 16)
    x = net.depthwise(x, window=(5, 3), stride=2)
    net.output(net.pool("AVERAGE_POOL_2D", x, (3, 3), stride=(3, 3)))


def _residuals(net: _Network) -> None:
    """ResNet's blocks, the second with a shortcut of its own."""
    x = net.conv(net.input(1, 10, 10, 3), 8, (3, 3))
    y = net.conv(net.conv(x, 8, (3, 3)), 8, (3, 3), activation="NONE")
    x = net.add(x, y, activation="RELU")
    y = net.conv(net.conv(x, 20, (3, 3), stride=2), 20, (3, 3), activation="NONE")
    x = net.add(net.conv(x, 20, stride=2, activation="NONE"), y, activation="RELU")
    net.output(net.fully_connected(x, 10))


def _autoencoder(net: _Network) -> None:
    x = net.input(1, 83)
    for channels in (64, 19, 5, 19, 64):
        x = net.fully_connected(x, channels, activation="RELU")
    net.output(net.fully_connected(x, 83))


def _deep_filters(net: _Network) -> None:
    """Filters with more taps than most buffers hold, for many channels."""
    x = net.conv(net.input(1, 4, 5, 37), 66, (3, 3))
    x = net.conv(x, 34, (1, 1))
    net.output(net.conv(x, 132, (2, 2), padding="VALID", activation="NONE"))


TOPOLOGIES: Mapping[str, Callable[[_Network], None]] = {
    "autoencoder": _autoencoder,
    "deep_filters": _deep_filters,
    "inverted_residuals": _inverted_residuals,
    "large_image": _large_image,
    "odd_channels": _odd_channels,
    "residuals": _residuals,
    "strides_and_dilations": _strides_and_dilations,
}


def topologies(*names: str) -> tuple[Model, tuple[Array, ...]]:
    """Return a model of networks that stand side by side, and a value for each of its inputs.

    Parameters
    ----------
    names
        Some of `TOPOLOGIES`.
    """
    net = _Network(len(names))
    for name in names:
        TOPOLOGIES[name](net)
    return net.finish("_".join(names))
