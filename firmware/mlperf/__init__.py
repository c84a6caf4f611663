"""The firmware that speaks MLPerf Tiny's device protocol, and what it does with data."""

from __future__ import annotations

__all__ = [
    "MAX_COMMAND_BYTES",
    "InputEncoding",
    "Scoring",
    "Task",
    "decode_input",
    "encode_input",
    "expected_results",
    "mlperf_application",
    "stimulus_bytes",
]

from firmware.mlperf.application import MAX_COMMAND_BYTES, mlperf_application
from firmware.mlperf.task import (
    InputEncoding,
    Scoring,
    Task,
    decode_input,
    encode_input,
    expected_results,
    stimulus_bytes,
)
