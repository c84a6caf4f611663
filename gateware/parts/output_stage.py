"""The last steps of TensorFlow Lite Micro's requantization, and a model of all of them."""

from __future__ import annotations

__all__ = ["EXAMPLES", "OutputStage", "multiply_by_quantized_multiplier"]

from amaranth.hdl import Module, Mux, Signal, signed
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from gateware.part_examples import PartExample


def multiply_by_quantized_multiplier(x: int, multiplier: int, shift: int) -> int:
    """Scale an int32 by `multiplier` * 2**(`shift` - 31), rounding twice as TFLM does by default.

    That is gemmlowp's `SaturatingRoundingDoublingHighMul`, then its `RoundingDivideByPOT`.

    Parameters
    ----------
    x
        int32.
    multiplier
        0 to 2**31 - 1.
    shift
        -31 to 31. A positive one shifts `x` to the left first, and wraps at 32 bits.

    Returns
    -------
    int
        int32.
    """
    x = (x << max(shift, 0)) & 0xFFFFFFFF
    x -= (x >> 31) << 32
    product = x * multiplier
    nudged = product + ((1 << 30) if product >= 0 else 1 - (1 << 30))
    high = nudged >> 31 if nudged >= 0 else -(-nudged >> 31)
    right_shift = max(-shift, 0)
    mask = (1 << right_shift) - 1
    threshold = (mask >> 1) + (1 if high < 0 else 0)
    return (high >> right_shift) + (1 if (high & mask) > threshold else 0)


class OutputStage(wiring.Component):
    """Divide by a power of two, rounding halves away from zero; add an offset; clamp to int8.

    An output takes 4 cycles from `loads`, and one more for every four bits of the distance and
    for every bit of the rest. The next value may be loaded when `is_free`, two cycles earlier.

    Members
    -------
    loads : `In(1)`
        Take `distance` in this cycle, and `value` in the next.
    value : `In(signed(32))`
    distance : `In(5)`
        Bits to shift to the right.
    is_free : `Out(1)`
        Whether `loads` may be high.
    offset, minimum, maximum : `In(signed(8))`
        Must be kept until the output is done.
    output : `Out(signed(8))`
    is_done : `Out(1)`
        Whether `output` is valid, for one cycle.
    is_idle : `Out(1)`
        Whether no output will be done any more.
    """

    def __init__(self) -> None:
        super().__init__(
            {
                "loads": In(1),
                "value": In(signed(32)),
                "distance": In(5),
                "is_free": Out(1),
                "offset": In(signed(8)),
                "minimum": In(signed(8)),
                "maximum": In(signed(8)),
                "output": Out(signed(8)),
                "is_done": Out(1),
                "is_idle": Out(1),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        shifted = Signal(signed(32))
        remaining = Signal(5)
        half, rest = Signal(), Signal()  # the last bit lost, and whether any before it was set
        is_shifted = Signal()
        with m.FSM():
            with m.State("wait for a value"):
                m.d.comb += self.is_free.eq(1)
                m.d.sync += remaining.eq(self.distance)
                with m.If(self.loads):
                    m.next = "load"
            with m.State("load"):
                m.d.sync += [shifted.eq(self.value), half.eq(0), rest.eq(0)]
                m.next = "shift to the right"
            with m.State("shift to the right"):
                with m.If(remaining[2:].any()):
                    m.d.sync += [
                        shifted.eq(shifted >> 4),
                        half.eq(shifted[3]),
                        rest.eq(rest | half | shifted[:3].any()),
                        remaining.eq(remaining - 4),
                    ]
                with m.Elif(remaining.any()):
                    m.d.sync += [
                        shifted.eq(shifted >> 1),
                        half.eq(shifted[0]),
                        rest.eq(rest | half),
                        remaining.eq(remaining - 1),
                    ]
                with m.Else():
                    m.d.comb += is_shifted.eq(1)
                    m.next = "wait for a value"

        # Ten bits can tell a value out of range of any int8 plus any int8 offset.
        narrow = Signal(signed(10))
        rounds_up = Signal()
        is_negative = shifted[-1]
        fits = shifted[9:] == is_negative.replicate(23)
        m.d.sync += self.is_done.eq(is_shifted)
        with m.If(is_shifted):
            m.d.sync += [
                narrow.eq(Mux(fits, shifted, Mux(is_negative, -512, 511))),
                rounds_up.eq(half & (~is_negative | rest)),
            ]
        summed, at_least = Signal(signed(12)), Signal(signed(12))
        m.d.comb += [
            summed.eq(narrow + self.offset + rounds_up),
            at_least.eq(Mux(summed < self.minimum, self.minimum, summed)),
            self.output.eq(Mux(at_least > self.maximum, self.maximum, at_least)),
            self.is_idle.eq(self.is_free & ~self.is_done),
        ]
        return m


EXAMPLES = (PartExample(OutputStage),)
