"""TensorFlow Lite Micro's requantization of an int32 accumulator to int8, one every cycle."""

from __future__ import annotations

__all__ = ["EXAMPLES", "Requantizer", "requantize"]

from typing import ClassVar

from amaranth.hdl import Module, Mux, Value, signed
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from gateware.part_examples import PartExample
from gateware.parts.output_stage import multiply_by_quantized_multiplier
from gateware.parts.pipeline import flag_after, register
from gateware.parts.rounding_shift import RoundingShift

# The lower digit of each factor. As signed numbers, digits then fit 18-bit multipliers, those of
# ECP5 and Gowin as well as those of Xilinx.
_DIGIT = 17

# Signed bits that tell a value which any int8 offset leaves out of any int8 range: 9, since a
# value beyond -256 to 255 is beyond -128 to 127 after an offset and a carry.
_NARROW = 9


def requantize(
    accumulator: int, multiplier: int, *, shift: int, offset: int, minimum: int, maximum: int
) -> int:
    """Scale an int32 by `multiplier` * 2**(`shift` - 31), add the offset and clamp.

    Parameters
    ----------
    accumulator
        int32.
    multiplier
        0 to 2**31 - 1.
    shift
        -31 to 30. A positive one shifts to the left first, and wraps at 32 bits.
    offset, minimum, maximum
        int8, `minimum` <= `maximum`.

    Returns
    -------
    int
        int8.
    """
    value = multiply_by_quantized_multiplier(accumulator, multiplier, shift) + offset
    return min(max(value, minimum), maximum)


class Requantizer(wiring.Component):
    """Scale, round twice, add an offset and clamp, in a pipeline that never stalls.

    The arithmetic is that of `requantize`. It takes four multipliers of 18 bits.

    Members
    -------
    valid : `In(1)`
        Take `accumulator`, `multiplier` and `shift`.
    accumulator : `In(signed(32))`
        The sum with its bias.
    multiplier : `In(31)`
    shift : `In(signed(6))`
        -31 to 30.
    offset, minimum, maximum : `In(signed(8))`
        Constant while something is inside; `minimum` <= `maximum`.
    output_valid : `Out(1)`
        `valid`, `latency` cycles later.
    output : `Out(signed(8))`

    Attributes
    ----------
    latency
        Cycles from `valid` to `output_valid`.
    interval
        Cycles from one `valid` to the earliest next.
    """

    latency: ClassVar[int] = 11
    interval: ClassVar[int] = 1

    def __init__(self) -> None:
        super().__init__(
            {
                "valid": In(1),
                "accumulator": In(signed(32)),
                "multiplier": In(31),
                "shift": In(signed(6)),
                "offset": In(signed(8)),
                "minimum": In(signed(8)),
                "maximum": In(signed(8)),
                "output_valid": Out(1),
                "output": Out(signed(8)),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.d.comb += self.output_valid.eq(flag_after(m, self.valid, self.latency))
        accumulator = register(m, self.accumulator, "accumulator")
        multiplier = register(m, self.multiplier, "multiplier", cycles=3)
        is_negative = self.shift[-1]
        left = register(m, Mux(is_negative, 0, self.shift[:5]), "left")
        right = register(m, Mux(is_negative, -self.shift, 0)[:5], "right", cycles=7)

        shifted = (accumulator << (left[3:] << 3))[:32]
        shifted = register(m, shifted, "shifted_by_eights")
        shifted = (shifted << register(m, left[:3], "left_by_ones"))[:32]
        shifted = register(m, shifted.as_signed(), "shifted")

        m.submodules.rounding_shift = rounding_shift = RoundingShift(width=32, kept=_NARROW)
        m.d.comb += [
            rounding_shift.value.eq(self._multiply(m, shifted, multiplier)),
            rounding_shift.distance.eq(right),
        ]
        total = rounding_shift.output + self.offset + rounding_shift.rounds_up
        total = register(m, total, "total")
        overflows = register(m, rounding_shift.overflows, "overflows")
        is_negative = register(m, rounding_shift.is_negative, "is_negative")
        is_below = Mux(overflows, is_negative, total < self.minimum)
        is_above = Mux(overflows, ~is_negative, total > self.maximum)
        clamped = Mux(is_below, self.minimum, Mux(is_above, self.maximum, total[:8].as_signed()))
        m.d.comb += self.output.eq(register(m, clamped, "clamped"))
        return m

    def _multiply(self, m: Module, accumulator: Value, multiplier: Value) -> Value:
        """Return the product plus 2**30, divided by 2**31, int32, 4 cycles later."""
        low_0, high_0 = accumulator[:_DIGIT], accumulator[_DIGIT:].as_signed()
        low_1, high_1 = multiplier[:_DIGIT], multiplier[_DIGIT:]
        low = register(m, low_0 * low_1, "low")
        mixed_0 = register(m, low_0 * high_1, "mixed_0")
        mixed_1 = register(m, high_0 * low_1, "mixed_1")
        high = register(m, high_0 * high_1, "high", cycles=3)

        # From here on in units of 2**17; below is nothing that the mixed products could carry.
        rounded = register(m, low[_DIGIT:] + (1 << (30 - _DIGIT)), "rounded")
        mixed = register(m, mixed_0 + mixed_1, "mixed")
        middle = register(m, (mixed + rounded) >> (31 - _DIGIT), "middle")
        return register(m, ((high << (2 * _DIGIT - 31)) + middle)[:32].as_signed(), "scaled")


EXAMPLES = (PartExample(Requantizer),)
