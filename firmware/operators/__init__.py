"""The operators that can be compiled, one module each."""

from __future__ import annotations

__all__ = [
    "ConstArray",
    "Enumerator",
    "PreparedLayer",
    "Scratch",
    "Shape",
    "TensorData",
    "Value",
    "prepare",
    "supported_operators",
]

from firmware.operators.base import (
    ConstArray,
    Enumerator,
    PreparedLayer,
    Scratch,
    Shape,
    TensorData,
    Value,
    prepare,
    supported_operators,
)
