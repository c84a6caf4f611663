"""The operators that can be compiled, one module each.

An operator `FOO` is a module here that defines `OPERATOR`, the header
`kernels/include/playground/foo.h` with the kernel's argument, and `kernels/reference/foo.cc` with
the kernel; what makes up random layers of it for the tests is in `firmware/random_layers`.
"""

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
