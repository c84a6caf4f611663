"""The sources of the firmware, and the header that tells them about the model."""

from __future__ import annotations

__all__ = ["MAX_COMMAND_BYTES", "mlperf_application"]

from pathlib import Path

from firmware.application import Application
from firmware.mlperf.task import Task, stimulus_bytes, tensor_scale
from firmware.model import Model

MAX_COMMAND_BYTES = 80  # as in commands.h
_CTYPES = {"int8": "int8_t", "uint8": "uint8_t", "int16": "int16_t", "float32": "float"}


def mlperf_application(model: Model, task: Task) -> Application:
    """Return the program that answers MLPerf Tiny's runner with this model.

    Raises
    ------
    PlaygroundError
        If the model does not fit the task.
    """
    task.check(model)
    return Application(
        name="mlperf",
        sources=tuple(sorted(Path(__file__).parent.glob("*.cc"))),
        headers={"mlperf_model.h": _header(model, task)},
    )


def _header(model: Model, task: Task) -> str:
    source = model.tensors[model.inputs[0]]
    result = model.tensors[model.outputs[0]]
    input_scale, input_zero_point = tensor_scale(source)
    output_scale, output_zero_point = tensor_scale(result)
    name = "".join(c if c.isascii() and (c.isalnum() or c in "_-.") else "_" for c in task.model_id)
    return f"""\
// Generated: the model's input and output, and what the benchmark makes of them.
#pragma once
#include <cstdint>
#include "encoding.h"
namespace playground::mlperf {{
constexpr char kModelName[] = "{name}";
constexpr InputEncoding kInputEncoding = InputEncoding::{task.encoding.value};
constexpr Scoring kScoring = Scoring::{task.scoring.value};
constexpr uint32_t kStimulusBytes = {stimulus_bytes(task, model)};

using InputElement = {_CTYPES.get(source.dtype, "uint8_t")};
constexpr uint32_t kInputElements = {source.elements};
constexpr float kInputScale = {input_scale.hex()}f;
constexpr int32_t kInputZeroPoint = {input_zero_point};

using OutputElement = {_CTYPES[result.dtype]};
constexpr uint32_t kOutputElements = {result.elements};
constexpr float kOutputScale = {output_scale.hex()}f;
constexpr int32_t kOutputZeroPoint = {output_zero_point};
}}  // namespace playground::mlperf
"""
