"""A layer as its operator's preparation looks at it: tensors and options, checked."""

from __future__ import annotations

__all__ = ["LayerView", "Operand"]

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

import numpy as np

from firmware.model import Layer, Model, Tensor
from firmware.operators.base import Operator, PreparedLayer, Shape, TensorData, Value
from firmware.operators.quantization import ACTIVATIONS, activation_range, quantize_multiplier
from toolchain import PlaygroundError

_MAX_RANK = 6
_MAX_SHIFT = 30


@dataclass(frozen=True)
class Operand:
    """A tensor in its role in a layer; every check returns the operand itself or raises."""

    view: LayerView
    tensor: Tensor
    role: str

    @property
    def shape(self) -> tuple[int, ...]:
        return self.tensor.shape

    @property
    def dtype(self) -> str:
        return self.tensor.dtype

    @property
    def data(self) -> TensorData:
        return TensorData(self.tensor.index)

    @property
    def runtime_shape(self) -> Shape:
        return Shape(self.tensor.shape)

    def error(self, problem: str) -> PlaygroundError:
        """Return the error that this tensor has a problem: "is int16; int8 is supported"."""
        return self.view.error(f"{self.role} `{self.tensor.name}` {problem}")

    def of(self, *dtypes: str) -> Self:
        """Require one of some element types."""
        if self.tensor.dtype not in dtypes:
            raise self.error(f"is {self.tensor.dtype}; {' or '.join(dtypes)} is supported")
        return self

    def ranked(self, lowest: int, highest: int | None = None) -> Self:
        """Require a number of dimensions, or a range of them."""
        highest = lowest if highest is None else highest
        if not lowest <= len(self.shape) <= highest:
            wanted = str(lowest) if lowest == highest else f"{lowest} to {highest}"
            raise self.error(f"has shape {list(self.shape)}; {wanted} dimensions are supported")
        return self

    def shaped(self, shape: tuple[int, ...]) -> Self:
        """Require exactly this shape, which follows from the layer's other tensors."""
        if self.shape != shape:
            raise self.error(
                f"has shape {list(self.shape)}, but {list(shape)} follows from the rest"
            )
        return self

    def constant(self) -> Self:
        """Require a value that is part of the model."""
        if not self.tensor.is_constant:
            raise self.error("is computed at run time; only a constant is supported")
        return self

    def integers(self) -> tuple[int, ...]:
        """Return a constant integer tensor's values, flat."""
        self.constant().of("int32", "int64")
        return tuple(int(value) for value in self.tensor.array().ravel())

    @property
    def scale(self) -> float:
        """The only scale, above zero."""
        scale = self._only_parameters()[0]
        if not (math.isfinite(scale) and scale > 0):
            raise self.error(f"has scale {scale}; a finite one above zero is supported")
        return scale

    @property
    def zero_point(self) -> int:
        """The only zero point, within the element type's range."""
        zero_point = self._only_parameters()[1]
        limits = np.iinfo(self.dtype)
        if not limits.min <= zero_point <= limits.max:
            raise self.error(f"has zero point {zero_point}, which is outside of {self.dtype}")
        return zero_point

    def same_quantization(self, other: Operand) -> Self:
        """Require the scale and zero point of another operand."""
        if (self.scale, self.zero_point) != (other.scale, other.zero_point):
            raise self.error(f"is not quantized like {other.role} `{other.tensor.name}`")
        return self

    def symmetric_scales(self, *, axis: int) -> tuple[float, ...]:
        """Return the scales of weights: one, or one for each slice along an axis.

        All zero points must be 0.
        """
        quantization = self.tensor.quantization
        if quantization is None or not quantization.scales:
            raise self.error("has no quantization")
        scales = quantization.scales
        if any(zero_point != 0 for zero_point in quantization.zero_points):
            raise self.error("has a zero point other than 0; symmetric weights are supported")
        if not all(math.isfinite(scale) and scale >= 0 for scale in scales):
            raise self.error("has a scale that is negative or not finite")
        if len(scales) > 1 and (quantization.axis != axis or len(scales) != self.shape[axis]):
            raise self.error(
                f"has {len(scales)} scales along dimension {quantization.axis}; "
                f"one, or one for each slice along dimension {axis}, is supported"
            )
        return scales

    def _only_parameters(self) -> tuple[float, int]:
        quantization = self.tensor.quantization
        if quantization is None or not quantization.scales or not quantization.zero_points:
            raise self.error("has no quantization")
        if len(quantization.scales) != 1:
            raise self.error(f"has {len(quantization.scales)} scales; one is supported")
        return quantization.scales[0], quantization.zero_points[0]


@dataclass(frozen=True)
class LayerView:
    """A layer of a model, with the operator's definition that prepares it."""

    model: Model
    layer: Layer
    definition: Operator

    def error(self, problem: str) -> PlaygroundError:
        """Return the error that this layer has a problem."""
        return PlaygroundError(
            f"layer {self.layer.index} (`{self.layer.operator}`) of `{self.model.name}`: {problem}"
        )

    def operands(self, *, inputs: int | tuple[int, int], outputs: int = 1) -> None:
        """Require a number of inputs, or a range of it, and of outputs."""
        lowest, highest = (inputs, inputs) if isinstance(inputs, int) else inputs
        if not lowest <= len(self.layer.inputs) <= highest:
            raise self.error(
                f"has {len(self.layer.inputs)} inputs, which the operator does not take"
            )
        if len(self.layer.outputs) != outputs:
            raise self.error(f"has {len(self.layer.outputs)} outputs; {outputs} expected")

    def input(self, position: int, role: str = "input") -> Operand:
        """Return an input that must be there."""
        operand = self.optional_input(position, role)
        if operand is None:
            raise self.error(f"has no {role}")
        return operand

    def optional_input(self, position: int, role: str) -> Operand | None:
        """Return an input, or `None` when the layer leaves it out."""
        if position >= len(self.layer.inputs) or self.layer.inputs[position] == -1:
            return None
        return self._operand(self.layer.inputs[position], role)

    def output(self, position: int = 0, role: str = "output") -> Operand:
        """Return an output, which is never a constant."""
        operand = self._operand(self.layer.outputs[position], role)
        if operand.tensor.is_constant:
            raise operand.error("is a constant")
        return operand

    def _operand(self, index: int, role: str) -> Operand:
        operand = Operand(view=self, tensor=self.model.tensors[index], role=role)
        if any(dim < 1 for dim in operand.shape) or operand.tensor.bytes >= 1 << 31:
            raise operand.error(
                f"has shape {list(operand.shape)}; sizes from 1 up and less than 2 GiB in all "
                "are supported"
            )
        data = operand.tensor.data
        if data is not None and len(data) != operand.tensor.bytes:
            raise operand.error(f"holds {len(data)} bytes, not {operand.tensor.bytes}")
        return operand.ranked(0, _MAX_RANK)

    def integer(
        self, option: str, *, lowest: int = 1, highest: int = 32767, default: int = 1
    ) -> int:
        """Return a numeric option within limits."""
        value = self.layer.options.get(option, default)
        if not isinstance(value, int) or not lowest <= value <= highest:
            raise self.error(f"has {option} {value}; {lowest} to {highest} is supported")
        return value

    def flag(self, option: str) -> bool:
        """Return a Boolean option; false when it is absent."""
        return bool(self.layer.options.get(option, False))

    def real(self, option: str, default: float) -> float:
        """Return a floating-point option, which must be finite."""
        value = self.layer.options.get(option, default)
        if not isinstance(value, int | float) or not math.isfinite(value):
            raise self.error(f"has {option} {value}; a finite number is supported")
        return float(value)

    def choice(self, option: str, choices: tuple[str, ...], default: str) -> str:
        """Return an option that is one of several words."""
        value = self.layer.options.get(option, default)
        if value not in choices:
            raise self.error(f"has {option} {value}; {', '.join(choices)} are supported")
        return str(value)

    @property
    def padding(self) -> str:
        return self.choice("padding", ("SAME", "VALID"), "SAME")

    def activation_fields(self, output: Operand) -> dict[str, Value]:
        """Return the members that hold the fused activation's range."""
        activation = self.choice("fused_activation_function", ACTIVATIONS, "NONE")
        try:
            minimum, maximum = activation_range(
                activation, output.scale, output.zero_point, dtype=output.dtype
            )
        except OverflowError:
            raise output.error(f"has too small a scale for {activation}") from None
        if minimum > maximum:
            raise output.error(f"has a quantization that leaves {activation} no value")
        return {
            "params.quantized_activation_min": minimum,
            "params.quantized_activation_max": maximum,
        }

    def multiplier(self, real: float) -> tuple[int, int]:
        """Return a rescaling as mantissa and shift, within what the kernels can shift."""
        if not (math.isfinite(real) and real >= 0):
            raise self.error(f"rescales by {real}; a finite factor from 0 up is supported")
        mantissa, shift = quantize_multiplier(real)
        if shift > _MAX_SHIFT:
            raise self.error(f"rescales by {real:g}; less than 2^{_MAX_SHIFT} is supported")
        return mantissa, shift

    def prepared(
        self, fields: Mapping[str, Value], *, scratch_bytes: int = 0, macs: int = 0
    ) -> PreparedLayer:
        """Return the layer prepared with these fields."""
        return PreparedLayer(
            index=self.layer.index,
            operator=self.layer.operator,
            kernel=self.definition.kernel,
            struct=self.definition.struct,
            fields=dict(fields),
            scratch_bytes=scratch_bytes,
            macs=macs,
        )
