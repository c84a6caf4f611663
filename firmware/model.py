"""A parsed `.tflite` model as plain values."""

from __future__ import annotations

__all__ = ["Layer", "Model", "OptionValue", "Quantization", "Tensor"]

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

OptionValue = int | float | bool | str | tuple[int, ...]


@dataclass(frozen=True)
class Quantization:
    """Affine quantization of a tensor: real = scale * (quantized - zero_point).

    Attributes
    ----------
    scales
        Positive float32 values (held as Python floats that are exact float32), one for the
        tensor or one per slice of `axis`.
    zero_points
        As many as `scales`.
    axis
        Dimension that `scales` runs along when there are several.
    """

    scales: tuple[float, ...]
    zero_points: tuple[int, ...]
    axis: int = 0


@dataclass(frozen=True)
class Tensor:
    """One tensor of a model's only subgraph.

    Attributes
    ----------
    index
        Position in the subgraph's tensor list.
    dtype
        NumPy's name of the element type: "int8", "int32", "float32", ...
    quantization
        `None` for a tensor without, which every tensor of floating-point type is.
    shape
        Static dimensions, row-major; () is a scalar.
    data
        Little-endian bytes of a constant tensor, `None` for one computed at run time.
    """

    index: int
    name: str
    dtype: str
    shape: tuple[int, ...]
    quantization: Quantization | None
    data: bytes | None = field(repr=False)

    @property
    def is_constant(self) -> bool:
        return self.data is not None

    @property
    def elements(self) -> int:
        return math.prod(self.shape)

    @property
    def bytes(self) -> int:
        return self.elements * np.dtype(self.dtype).itemsize

    def array(self) -> npt.NDArray[np.generic]:
        """Return a constant tensor's value, of the tensor's dtype and shape."""
        if self.data is None:
            raise ValueError(f"tensor {self.index} `{self.name}` is not constant")
        return np.frombuffer(self.data, dtype=self.dtype).reshape(self.shape)


@dataclass(frozen=True)
class Layer:
    """One operator of the model, in execution order.

    Attributes
    ----------
    operator
        The schema's builtin name, "CONV_2D"; a custom operator is "CUSTOM:" and its name.
    inputs, outputs
        Tensor indices; an absent optional input is -1.
    options
        The operator's builtin options under the schema's snake_case field names ("stride_w",
        "padding": "SAME" or "VALID", "fused_activation_function": "NONE", "RELU", "RELU6", ...).
    """

    index: int
    operator: str
    version: int
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    options: Mapping[str, OptionValue]


@dataclass(frozen=True)
class Model:
    """A quantized model with one subgraph and static shapes.

    Attributes
    ----------
    name
        The file's name without its suffix.
    inputs, outputs
        Tensor indices of the graph's inputs and outputs, in the file's order.
    digest
        SHA-256 of the file, in hex.
    content
        The file itself, as TensorFlow Lite Micro is given it.
    """

    name: str
    tensors: tuple[Tensor, ...]
    layers: tuple[Layer, ...]
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    digest: str
    content: bytes = field(repr=False)
