"""What a benchmark's device is sent, what it makes of it, and what it answers.

Each MLPerf Tiny model has its own convention, which its reference submission in mlcommons/tiny
(`benchmark/reference_submissions`) lays down and its data sets follow.
"""

from __future__ import annotations

__all__ = [
    "InputEncoding",
    "Scoring",
    "Task",
    "decode_input",
    "encode_input",
    "expected_results",
    "stimulus_bytes",
]

import enum
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from firmware.model import Model, Tensor
from toolchain import PlaygroundError

Array = npt.NDArray[np.generic]
Floats = npt.NDArray[np.float32]

_INTEGERS = ("int8", "uint8", "int16")
_FLIP = 0x80


class InputEncoding(enum.Enum):
    """How a model's input is sent; see `encoding.h`."""

    TENSOR = "kTensor"
    UNSIGNED = "kUnsigned"
    FLOAT = "kFloat"


class Scoring(enum.Enum):
    """What the device answers; see `encoding.h`."""

    OUTPUTS = "kOutputs"
    RECONSTRUCTION_ERROR = "kReconstructionError"


@dataclass(frozen=True)
class Task:
    """A model's place in the benchmark.

    Attributes
    ----------
    model_id
        What the device calls its model, by which the runner chooses a script: "kws01".
    """

    model_id: str
    encoding: InputEncoding = InputEncoding.TENSOR
    scoring: Scoring = Scoring.OUTPUTS

    def check(self, model: Model) -> None:
        """Refuse a model that the protocol or the task has no place for.

        Raises
        ------
        PlaygroundError
            If the model has several inputs, or types or sizes that the task cannot have.
        """
        if len(model.inputs) != 1:
            raise PlaygroundError(
                f"model `{model.name}` has {len(model.inputs)} inputs, and MLPerf Tiny's protocol "
                "sends one",
                hint="`cfu run` profiles models with any number of inputs",
            )
        source, result = _ends(model)
        if result.dtype not in (*_INTEGERS, "float32"):
            raise PlaygroundError(
                f"output `{result.name}` of model `{model.name}` is {result.dtype}, which has no "
                "real value to report",
                hint=f"outputs can be {', '.join((*_INTEGERS, 'float32'))}",
            )
        if self.encoding is InputEncoding.UNSIGNED and source.dtype != "int8":
            raise self._misfit(model, f"takes int8, and `{source.name}` is {source.dtype}")
        if self.encoding is InputEncoding.FLOAT and source.dtype not in (*_INTEGERS, "float32"):
            raise self._misfit(model, f"quantizes its input, and `{source.name}` is {source.dtype}")
        if self.scoring is Scoring.RECONSTRUCTION_ERROR and (
            source.elements != result.elements or self.encoding is not InputEncoding.FLOAT
        ):
            raise self._misfit(model, "compares the output with the input, of which there is less")

    def _misfit(self, model: Model, reason: str) -> PlaygroundError:
        return PlaygroundError(
            f"model `{model.name}` is not one for the task `{self.model_id}`, which {reason}"
        )


def stimulus_bytes(task: Task, model: Model) -> int:
    """Return how many bytes the device is sent for one inference."""
    source, _ = _ends(model)
    return source.elements * 4 if task.encoding is InputEncoding.FLOAT else source.bytes


def encode_input(task: Task, model: Model, tensor: bytes) -> bytes:
    """Return what to send for an input tensor's bytes.

    `decode_input` gives them back.
    """
    source, _ = _ends(model)
    if task.encoding is InputEncoding.UNSIGNED:
        return (np.frombuffer(tensor, np.uint8) ^ _FLIP).tobytes()
    if task.encoding is InputEncoding.FLOAT:
        return _real(source, np.frombuffer(tensor, source.dtype)).astype("<f4").tobytes()
    return tensor


def decode_input(task: Task, model: Model, stimulus: bytes) -> bytes:
    """Return the bytes of the input tensor that the device makes of what it is sent."""
    source, _ = _ends(model)
    if task.encoding is InputEncoding.UNSIGNED:
        return (np.frombuffer(stimulus, np.uint8) ^ _FLIP).tobytes()
    if task.encoding is InputEncoding.FLOAT:
        return _quantized(source, np.frombuffer(stimulus, "<f4")).tobytes()
    return stimulus


def expected_results(
    task: Task, model: Model, *, stimulus: bytes, output: Array
) -> tuple[float, ...]:
    """Return what the device answers when its first output is the one given.

    Real values, in the order of the message `m-results-[...]`, not rounded yet.
    """
    _, result = _ends(model)
    real = _real(result, output.reshape(-1))
    if task.scoring is Scoring.RECONSTRUCTION_ERROR:
        sent = np.frombuffer(stimulus, "<f4")
        return (float(np.mean(np.square(real.astype(np.float64) - sent))),)
    return tuple(float(value) for value in real)


def _ends(model: Model) -> tuple[Tensor, Tensor]:
    return model.tensors[model.inputs[0]], model.tensors[model.outputs[0]]


def _real(tensor: Tensor, values: Array) -> Floats:
    if tensor.dtype == "float32":
        return values.astype(np.float32)
    scale, zero_point = tensor_scale(tensor)
    return (values.astype(np.int32) - zero_point).astype(np.float32) * np.float32(scale)


def _quantized(tensor: Tensor, values: Floats) -> Array:
    if tensor.dtype == "float32":
        return values
    scale, zero_point = tensor_scale(tensor)
    limits = np.iinfo(tensor.dtype)
    ratio = (values / np.float32(scale)).astype(np.float64)
    away = np.copysign(np.floor(np.abs(ratio) + 0.5), ratio)  # ties away from zero
    shifted = np.where(np.isnan(away), limits.min, away + zero_point)
    clipped: Array = np.clip(shifted, limits.min, limits.max)
    return clipped.astype(tensor.dtype)


def tensor_scale(tensor: Tensor) -> tuple[float, int]:
    """Return a tensor's scale and zero point, those of real values if it has none."""
    if tensor.quantization is None:
        return 1.0, 0
    return tensor.quantization.scales[0], tensor.quantization.zero_points[0]
