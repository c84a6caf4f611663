"""Random choices from which a random layer is put together."""

from __future__ import annotations

__all__ = ["Array", "Draw", "Quantized"]

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from firmware.model import OptionValue
from firmware.tflite_writer import ModelWriter

Array = npt.NDArray[np.generic]
_Choice = TypeVar("_Choice")


@dataclass(frozen=True)
class Quantized:
    """A tensor that was added, with its quantization."""

    index: int
    shape: tuple[int, ...]
    scale: float
    zero_point: int


class Draw:
    """Adds random tensors and layers to a model.

    Parameters
    ----------
    rng
        Source of all choices.
    """

    def __init__(self, rng: np.random.Generator) -> None:
        self._rng = rng
        self._writer = ModelWriter("random layers")
        self._inputs: list[int] = []
        self._values: list[Array] = []
        self._outputs: list[int] = []

    def finish(self) -> tuple[bytes, tuple[Array, ...]]:
        """Return the model's content and one value for each graph input."""
        return self._writer.finish(self._inputs, self._outputs), tuple(self._values)

    # Numbers.

    def integer(self, lowest: int, highest: int) -> int:
        """Return an integer, both limits included."""
        return int(self._rng.integers(lowest, highest, endpoint=True))

    def real(self, lowest: float, highest: float) -> float:
        return float(self._rng.uniform(lowest, highest))

    def chance(self, probability: float) -> bool:
        return bool(self._rng.random() < probability)

    def choice(self, choices: Sequence[_Choice]) -> _Choice:
        return choices[self.integer(0, len(choices) - 1)]

    def power(self, lowest: float, highest: float) -> float:
        """Return two to a power drawn from a range, as an exact float32."""
        return float(np.float32(2.0 ** self.real(lowest, highest)))

    def zero_point(self) -> int:
        """Return a zero point, often at one of the ends."""
        return self.choice((-128, 127, 0, self.integer(-128, 127), self.integer(-128, 127)))

    def order(self, count: int) -> list[int]:
        return [int(value) for value in self._rng.permutation(count)]

    def shape(self, lowest_rank: int, highest_rank: int, *, largest: int = 6) -> tuple[int, ...]:
        rank = self.integer(lowest_rank, highest_rank)
        return tuple(self.integer(1, largest) for _ in range(rank))

    def activation(self) -> str:
        return self.choice(("NONE", "NONE", "NONE", "RELU", "RELU6", "RELU_N1_TO_1"))

    def factor(self, typical: float) -> float:
        """Return a rescaling factor: around a typical one, or now and then anything."""
        if self.chance(0.1):
            return self.power(-36, 2)
        return typical * self.power(-2, 2)

    # Tensors.

    def values(self, shape: tuple[int, ...], *, lowest: int = -128, highest: int = 127) -> Array:
        """Return int8 numbers; one tensor in four holds none but the ends and zero."""
        if self.chance(0.25):
            ends = np.array([lowest, highest, 0], np.int8)
            return self._rng.choice(ends, size=shape)
        return self._rng.integers(lowest, highest, size=shape, dtype=np.int8, endpoint=True)

    def operand(
        self,
        shape: tuple[int, ...],
        *,
        scale: float | None = None,
        zero_point: int | None = None,
        constant: float = 0.0,
    ) -> Quantized:
        """Add an int8 graph input or, with the probability `constant`, a constant."""
        scale = self.power(-9, -1) if scale is None else scale
        zero_point = self.zero_point() if zero_point is None else zero_point
        value = self.values(shape)
        data = value if self.chance(constant) else None
        index = self._add("in", shape, "int8", scale=scale, zero_point=zero_point, data=data)
        if data is None:
            self._inputs.append(index)
            self._values.append(value)
        return Quantized(index, shape, scale, zero_point)

    def float_operand(self, value: Array) -> int:
        """Add a float32 graph input of this value."""
        index = self._add("in", value.shape, "float32")
        self._inputs.append(index)
        self._values.append(value.astype(np.float32))
        return index

    def normal(self, shape: tuple[int, ...], spread: float) -> Array:
        """Return float32 numbers of a normal distribution around zero."""
        return (self._rng.standard_normal(shape) * spread).astype(np.float32)

    def weights(self, shape: tuple[int, ...], *, axis: int) -> tuple[int, tuple[float, ...]]:
        """Add constant int8 weights with one scale, or one for each slice along an axis.

        Returns
        -------
        index, scales
        """
        base = self.real(-10, -4)
        count = shape[axis] if self.chance(0.7) else 1
        scales = tuple(self.power(base - 2, base + 2) for _ in range(count))
        data = self.values(shape, lowest=-127)
        return self._add("weights", shape, "int8", scale=scales, axis=axis, data=data), scales

    def bias(self, channels: int, *, largest: int, scale: float) -> int:
        """Add a constant int32 bias, or return -1 for none."""
        if self.chance(0.2):
            return -1
        data = self._rng.integers(-largest, largest, size=channels, endpoint=True)
        return self._add("bias", (channels,), "int32", scale=scale, data=data)

    def integers(self, *values: int, shape: tuple[int, ...] | None = None) -> int:
        """Add a constant int32 tensor."""
        shape = (len(values),) if shape is None else shape
        return self._add("integers", shape, "int32", data=np.array(values, np.int32))

    def result(
        self,
        shape: tuple[int, ...],
        *,
        scale: float,
        zero_point: int | None = None,
        dtype: str = "int8",
    ) -> int:
        """Add a tensor that is a graph output; float32 has no quantization."""
        zero_point = self.zero_point() if zero_point is None else zero_point
        quantization = None if dtype == "float32" else float(np.float32(scale))
        index = self._add("out", shape, dtype, scale=quantization, zero_point=zero_point)
        self._outputs.append(index)
        return index

    def constant_like(self, value: int, *, scale: float, zero_point: int) -> int:
        """Add a constant int8 scalar."""
        data = np.array(value, np.int8)
        return self._add("value", (), "int8", scale=scale, zero_point=zero_point, data=data)

    def layer(
        self,
        operator: str,
        inputs: Sequence[int],
        output: int,
        options: Mapping[str, OptionValue] | None = None,
    ) -> None:
        """Add a layer."""
        self._writer.layer(operator, inputs, [output], options=options)

    def _add(
        self,
        name: str,
        shape: tuple[int, ...],
        dtype: str,
        *,
        scale: float | Sequence[float] | None = None,
        zero_point: int = 0,
        axis: int = 0,
        data: Array | None = None,
    ) -> int:
        return self._writer.tensor(
            name, shape, dtype=dtype, scale=scale, zero_point=zero_point, axis=axis, data=data
        )
