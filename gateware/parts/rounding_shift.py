"""Division by a power of two, halves away from zero, in a pipeline."""

from __future__ import annotations

__all__ = ["EXAMPLES", "RoundingShift", "rounding_divide_by_power_of_two"]

from typing import ClassVar

from amaranth.hdl import Const, Module, Mux, Value, signed
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from gateware.part_examples import PartExample
from gateware.parts.pipeline import register

_STAGES = ((16, 8), (4, 2, 1))  # distances that are shifted in one cycle


def rounding_divide_by_power_of_two(x: int, exponent: int) -> int:
    """Return `x` / 2**`exponent`, rounded to the nearest, halves away from zero.

    That is gemmlowp's `RoundingDivideByPOT`.
    """
    half = (1 << exponent) >> 1
    return (x + half - (x < 0 and exponent > 0)) >> exponent


class RoundingShift(wiring.Component):
    """Shift to the right by up to 31 bits and tell how to round; one value every cycle.

    What is kept is `output + rounds_up`, an addition that is left to whoever has another one to
    do with it.

    Parameters
    ----------
    width
        Of the value, bits with its sign.
    kept
        Of the output. Where fewer bits are kept, `overflows` tells that more were needed.

    Members
    -------
    value : `In(signed(width))`
    distance : `In(5)`
    output : `Out(signed(kept))`
        The value, shifted and rounded down, `latency` cycles later.
    rounds_up : `Out(1)`
        Whether 1 is to be added.
    overflows : `Out(1)`
        Whether `output` had bits that were not kept; `is_negative` is valid all the same.
    is_negative : `Out(1)`

    Raises
    ------
    ValueError
        Unless 1 <= `kept` <= `width` <= 32.
    """

    latency: ClassVar[int] = len(_STAGES)

    def __init__(self, *, width: int = 32, kept: int = 32) -> None:
        if not 1 <= kept <= width <= 32:
            raise ValueError(f"kept must be 1 to width, and width up to 32, not {kept}, {width}")
        self._kept = kept
        super().__init__(
            {
                "value": In(signed(width)),
                "distance": In(5),
                "output": Out(signed(kept)),
                "rounds_up": Out(1),
                "overflows": Out(1),
                "is_negative": Out(1),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        value: Value = self.value
        right: Value = self.distance
        is_negative: Value = value[-1]
        half: Value = Const(0)  # the last bit lost
        rest: Value = Const(0)  # whether any before it was set
        overflows: Value = Const(0)
        for stage, distances in enumerate(_STAGES):
            for distance in distances:
                is_shifted = right[distance.bit_length() - 1]
                # What later distances may still take away, and what is kept.
                width = min(len(value), self._kept + distance - 1)
                above = value[width - 1 :] ^ is_negative.replicate(len(value) - width + 1)
                overflows = overflows | (~is_shifted & above.any())
                rest = Mux(is_shifted, rest | half | value[: distance - 1].any(), rest)
                last = value[distance - 1] if distance <= len(value) else is_negative
                half = Mux(is_shifted, last, half)
                value = Mux(is_shifted, value >> distance, value)[:width].as_signed()
            value = register(m, value, f"value_{stage}")
            half = register(m, half, f"half_{stage}")
            rest = register(m, rest, f"rest_{stage}")
            overflows = register(m, overflows, f"overflows_{stage}")
            is_negative = register(m, is_negative, f"is_negative_{stage}")
            right = register(m, right, f"right_{stage}")
        m.d.comb += [
            self.output.eq(value),
            self.rounds_up.eq(half & (~is_negative | rest)),
            self.overflows.eq(overflows),
            self.is_negative.eq(is_negative),
        ]
        return m


EXAMPLES = (PartExample(RoundingShift), PartExample(RoundingShift, width=32, kept=9))
