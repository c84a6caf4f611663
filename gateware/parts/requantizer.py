"""TensorFlow Lite Micro's requantization of an int32 accumulator to int8, one every cycle."""

from __future__ import annotations

__all__ = ["Requantizer", "requantize"]

from typing import ClassVar

from amaranth.hdl import Cat, Const, Module, Mux, Signal, Value, signed
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from gateware.part_examples import PartExample
from gateware.parts.output_stage import multiply_by_quantized_multiplier

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
        flags = Signal(self.latency)
        m.d.sync += flags.eq(Cat(self.valid, flags))
        m.d.comb += self.output_valid.eq(flags[-1])

        accumulator = _register(m, self.accumulator, "accumulator")
        multiplier = _register(m, self.multiplier, "multiplier")
        is_negative = self.shift[-1]
        left = _register(m, Mux(is_negative, 0, self.shift[:5]), "left")
        right = _register(m, Mux(is_negative, -self.shift, 0)[:5], "right")

        for low, high in ((3, 5), (0, 3)):
            shifted = (accumulator << (left[low:high] << low))[:32]
            accumulator = _register(m, shifted.as_signed(), f"accumulator_by_{low}")
            multiplier = _register(m, multiplier, f"multiplier_{low}")
            left = _register(m, left[:low], f"left_{low}") if low else left
        high_part = self._multiply(m, accumulator, multiplier)
        for stage in range(6):
            right = _register(m, right, f"right_{stage}")
        self._shift_and_clamp(m, high_part, right)
        return m

    def _multiply(self, m: Module, accumulator: Value, multiplier: Value) -> Value:
        """Return the product plus 2**30, divided by 2**31, int32, 4 cycles later."""
        low_0, high_0 = accumulator[:_DIGIT], accumulator[_DIGIT:].as_signed()
        low_1, high_1 = multiplier[:_DIGIT], multiplier[_DIGIT:]
        low = _register(m, low_0 * low_1, "low")
        mixed_0 = _register(m, low_0 * high_1, "mixed_0")
        mixed_1 = _register(m, high_0 * low_1, "mixed_1")
        high = _register(m, high_0 * high_1, "high")

        # From here on in units of 2**17; below is nothing that the mixed products could carry.
        rounded = _register(m, low[_DIGIT:] + (1 << (30 - _DIGIT)), "rounded")
        mixed = _register(m, mixed_0 + mixed_1, "mixed")
        high = _register(m, high, "high_1")

        middle = _register(m, (mixed + rounded) >> (31 - _DIGIT), "middle")
        high = _register(m, high, "high_2")
        return _register(m, ((high << (2 * _DIGIT - 31)) + middle)[:32].as_signed(), "scaled")

    def _shift_and_clamp(self, m: Module, value: Value, right: Value) -> None:
        """Drive the output, 4 cycles after `value`."""
        is_negative: Value = value[-1]
        half: Value = Const(0)  # the last bit lost
        rest: Value = Const(0)  # whether any before it was set
        overflows: Value = Const(0)  # whether a bit above those kept differs from the sign
        for stage, distances in enumerate(((16, 8), (4, 2, 1))):
            for distance in distances:
                is_shifted = right[distance.bit_length() - 1]
                width = _NARROW + distance - 1
                above = value[width - 1 :] ^ is_negative.replicate(len(value) - width + 1)
                overflows = overflows | (~is_shifted & above.any())
                rest = Mux(is_shifted, rest | half | value[: distance - 1].any(), rest)
                half = Mux(is_shifted, value[distance - 1], half)
                value = Mux(is_shifted, value >> distance, value)[:width].as_signed()
            value = _register(m, value, f"value_{stage}")
            half = _register(m, half, f"half_{stage}")
            rest = _register(m, rest, f"rest_{stage}")
            overflows = _register(m, overflows, f"overflows_{stage}")
            is_negative = _register(m, is_negative, f"is_negative_{stage}")
            right = _register(m, right, f"right_of_{stage}")

        # Half rounds away from zero.
        rounds_up = half & (~is_negative | rest)
        total = _register(m, value + self.offset + rounds_up, "total")
        overflows = _register(m, overflows, "overflows")
        is_negative = _register(m, is_negative, "is_negative")
        is_below = Mux(overflows, is_negative, total < self.minimum)
        is_above = Mux(overflows, ~is_negative, total > self.maximum)
        clamped = Mux(is_below, self.minimum, Mux(is_above, self.maximum, total[:8].as_signed()))
        m.d.comb += self.output.eq(_register(m, clamped, "clamped"))


def _register(m: Module, value: Value, name: str) -> Signal:
    """Return the value one cycle later; without a reset, so that DSP blocks can hold it."""
    register = Signal(value.shape(), name=name, reset_less=True)
    m.d.sync += register.eq(value)
    return register


EXAMPLES = (PartExample(Requantizer),)
