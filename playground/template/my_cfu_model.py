"""What the instructions of my_cfu.toml compute; `cfu test` holds the hardware to it."""

from __future__ import annotations

__all__ = ["dot4"]

INPUT_OFFSET = 128  # of most int8 models: their activations begin at -128


def dot4(function_id: int, in0: int, in1: int) -> int:
    """Sum up (input + 128) * filter over four int8 lanes."""
    return sum((_lane(in0, i) + INPUT_OFFSET) * _lane(in1, i) for i in range(4)) & 0xFFFF_FFFF


def _lane(word: int, index: int) -> int:
    """Return one of the four int8 values of a 32-bit word."""
    byte = word >> 8 * index & 0xFF
    return byte - 256 if byte >= 128 else byte
