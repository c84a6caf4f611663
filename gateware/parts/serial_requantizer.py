"""TensorFlow Lite Micro's requantization in few cells and without a multiplier."""

from __future__ import annotations

__all__ = ["SerialRequantizer"]

from typing import ClassVar

from amaranth.hdl import Cat, Module, Mux, Signal, signed
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

_STEPS = 16


class SerialRequantizer(wiring.Component):
    """Scale, round twice, add an offset and clamp; two bits of the accumulator a cycle.

    The arithmetic and the members are those of `Requantizer`; `valid` may be high at most every
    `interval` cycles. Meant for FPGAs with few multipliers.

    The multiplication is A. D. Booth's, with digits of two bits: in each cycle -2 to 2 times the
    multiplier is added, and the sum moves two bits to the right. Shifting the accumulator to the
    left delays its digits. While the next product is formed, this one shifts to the right.

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

    latency: ClassVar[int] = 2 * _STEPS + 3
    interval: ClassVar[int] = _STEPS

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
        ends, product = Signal(), Signal(signed(32))
        pairs, is_odd = Signal(4), Signal()
        self._multiply(m, ends, product=product, pairs=pairs, is_odd=is_odd)
        self._shift_and_clamp(m, ends, product=product, pairs=pairs, is_odd=is_odd)
        return m

    def _multiply(
        self, m: Module, ends: Signal, *, product: Signal, pairs: Signal, is_odd: Signal
    ) -> None:
        """Drive `ends` in the cycle of `product`; it is then to be shifted right by pairs of bits.

        `pairs` is valid from that cycle on, and `is_odd` in it, for an odd bit more.
        """
        # Two zeros and the accumulator; the lowest bits are those that were taken last.
        digits = Signal(34)
        multiplier = Signal(31)
        distance, is_to_the_right = Signal(5), Signal()
        step, is_busy, is_last = Signal(range(_STEPS)), Signal(), Signal()
        is_waiting = Signal()
        triple = Signal(3)
        m.d.comb += [
            is_last.eq(is_busy & (step == _STEPS - 1)),
            is_waiting.eq(~is_to_the_right & (step < distance[1:])),
            triple.eq(Mux(~is_to_the_right & distance[0], digits[:3], digits[1:4])),
        ]
        m.d.sync += step.eq(step + 1)
        with m.If(~is_waiting):
            m.d.sync += digits.eq(digits >> 2)
        with m.If(is_last):
            m.d.sync += [
                is_busy.eq(0),
                pairs.eq(distance[1:] & is_to_the_right.replicate(4)),
                is_odd.eq(distance[0] & is_to_the_right),
            ]
        with m.If(self.valid):
            m.d.sync += [
                digits.eq(Cat(0, 0, self.accumulator)),
                multiplier.eq(self.multiplier),
                distance.eq(Mux(self.shift[-1], -self.shift, self.shift)),
                is_to_the_right.eq(self.shift[-1]),
                step.eq(0),
                is_busy.eq(1),
            ]

        # Written so that a term is one lookup table a bit and a register that is cleared.
        term, carry = Signal(signed(33)), Signal()
        subtracts = triple[2]
        is_double = triple[1] == triple[0]
        m.d.sync += [
            term.eq(
                Mux(is_double, Cat(0, multiplier, 0), Cat(multiplier, 0, 0))
                ^ subtracts.replicate(33)
            ),
            carry.eq(subtracts),
        ]
        with m.If(is_waiting | (triple == 0) | (triple == 7)):
            m.d.sync += [term.eq(0), carry.eq(0)]

        partial, total = Signal(signed(32), init=1 << 30), Signal(signed(34))
        adds = Signal()
        m.d.comb += [
            total.eq((Cat(1, partial).as_signed() + Cat(carry, term).as_signed()) >> 1),
            product.eq(total >> 1),
        ]
        m.d.sync += [adds.eq(is_busy), ends.eq(is_last), partial.eq(total >> 2)]
        with m.If(~adds | ends):
            m.d.sync += partial.eq(1 << 30)  # one half, to round

    def _shift_and_clamp(
        self, m: Module, ends: Signal, *, product: Signal, pairs: Signal, is_odd: Signal
    ) -> None:
        """Shift to the right, two bits a cycle, then drive the output."""
        value, half, rest = Signal(signed(32)), Signal(), Signal()
        shifts_once_more = Signal()
        step, is_busy, is_last = Signal(range(_STEPS)), Signal(), Signal()
        m.d.comb += is_last.eq(is_busy & (step == _STEPS - 1))
        m.d.sync += step.eq(step + 1)
        with m.If(is_last):
            m.d.sync += is_busy.eq(0)
        with m.If(step < pairs):
            m.d.sync += [value.eq(value >> 2), half.eq(value[1]), rest.eq(rest | half | value[0])]
        with m.If(ends):
            m.d.sync += [
                value.eq(product),
                half.eq(0),
                rest.eq(0),
                shifts_once_more.eq(is_odd),
                step.eq(0),
                is_busy.eq(1),
            ]

        # Ten bits can tell a value out of range of any int8 plus any int8 offset.
        narrow, rounds_up = Signal(signed(10)), Signal()
        is_negative = value[-1]
        total, is_total = Signal(signed(11)), Signal()
        overflows, is_below = Signal(), Signal()
        m.d.comb += [
            narrow.eq(Mux(shifts_once_more, value >> 1, value)),
            rounds_up.eq(
                Mux(
                    shifts_once_more,
                    value[0] & (~is_negative | rest | half),
                    half & (~is_negative | rest),
                )
            ),
        ]
        m.d.sync += [
            total.eq((Cat(1, narrow).as_signed() + Cat(rounds_up, self.offset).as_signed()) >> 1),
            overflows.eq((value[9:31] ^ is_negative.replicate(22)).any()),
            is_below.eq(is_negative),
            is_total.eq(is_last),
            self.output_valid.eq(is_total),
        ]
        falls_short = Mux(overflows, is_below, total < self.minimum)
        exceeds = Mux(overflows, ~is_below, total > self.maximum)
        limit = Mux(falls_short, self.minimum, self.maximum)
        m.d.sync += self.output.eq(Mux(falls_short | exceeds, limit, total[:8].as_signed()))


EXAMPLES = ((SerialRequantizer, {}),)
