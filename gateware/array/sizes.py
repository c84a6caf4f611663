"""How large an array engine is."""

from __future__ import annotations

__all__ = ["LANES", "ArraySizes"]

from dataclasses import dataclass

LANES = 4
"""Multipliers of a unit: the int8 values of a word."""


@dataclass(frozen=True)
class ArraySizes:
    """Sizes of an array engine, on which its area and its speed depend.

    Attributes
    ----------
    units
        Units of four multipliers. Each computes an output channel of its own.
    input_bytes
        Of the buffer of inputs.
    filter_words
        Words of filters that each unit holds.
    channels
        Output channels whose biases, multipliers and shifts are held.
    result_words
        Of the queue in which results wait to be read.
    compact
        Whether cells are saved at the cost of cycles: requantization takes many and no multipliers
        in DSP blocks, and groups have a pause between them.
    memory_port
        Whether the engine fetches and stores by itself.

    Raises
    ------
    ValueError
        If a size is no power of two in its range.
    """

    units: int
    input_bytes: int
    filter_words: int
    channels: int
    result_words: int = 128
    compact: bool = False
    memory_port: bool = False

    def __post_init__(self) -> None:
        for name, least, most in (
            ("units", 1, 64),
            ("input_bytes", 16, 1 << 20),
            ("filter_words", 4, 1 << 16),
            ("channels", 4, 1 << 12),
            ("result_words", 64, 1 << 12),
        ):
            value = getattr(self, name)
            if not least <= value <= most or value & (value - 1):
                raise ValueError(
                    f"{name} must be a power of two from {least} to {most}, not {value}"
                )
