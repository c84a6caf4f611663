"""TensorFlow Lite Micro's requantization in few cells and without a multiplier."""

from __future__ import annotations

__all__ = ["EXAMPLES", "SerialRequantizer"]

from typing import ClassVar

from amaranth.hdl import Cat, Module, Mux, Signal, Value, signed
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from gateware.part_examples import PartExample

_STEPS = 16  # digits of the accumulator


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

    latency: ClassVar[int] = 2 * _STEPS + 5
    interval: ClassVar[int] = _STEPS + 1

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
        is_added, product = Signal(), Signal(signed(33))
        distance, is_to_the_right = Signal(5), Signal()
        self._multiply(
            m, is_added, product=product, distance=distance, is_to_the_right=is_to_the_right
        )
        self._shift_and_clamp(
            m, is_added, product=product, distance=distance, is_to_the_right=is_to_the_right
        )
        return m

    def _multiply(
        self,
        m: Module,
        is_added: Signal,
        *,
        product: Signal,
        distance: Signal,
        is_to_the_right: Signal,
    ) -> None:
        """Drive `is_added` a cycle before `product` is there, with the shift that it needs.

        `distance` is one less than the bits to shift, if `is_to_the_right`.
        """
        # Two zeros and the accumulator; the lowest bits are those that were taken last.
        digits = Signal(34)
        multiplier = Signal(31)
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
            m.d.sync += is_busy.eq(0)
        with m.If(self.valid):
            m.d.sync += [
                digits.eq(Cat(0, 0, self.accumulator)),
                multiplier.eq(self.multiplier),
                distance.eq(self.shift[:5] ^ self.shift[-1].replicate(5)),
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

        # The sum, divided by 2 ** 31 in the end; its last bit takes no part in the next addition.
        adds = Signal()
        total = Signal(signed(34))
        m.d.comb += total.eq((Cat(1, product[1:]).as_signed() + Cat(carry, term).as_signed()) >> 1)
        m.d.sync += [
            adds.eq(is_busy),
            is_added.eq(is_last),
            product.eq(total >> 1),
        ]
        with m.If(~adds):
            m.d.sync += product.eq(1 << 31)  # one half, to round

    def _shift_and_clamp(
        self,
        m: Module,
        is_added: Signal,
        *,
        product: Signal,
        distance: Signal,
        is_to_the_right: Signal,
    ) -> None:
        """Shift to the right, two bits a cycle, then drive the output."""
        value, half, rest = Signal(signed(32)), Signal(), Signal()
        # One less than the bits to shift, rounded down to what shifts by pairs; then one more.
        remaining, shifts_once_more = Signal(5), Signal()
        step, is_busy, is_last = Signal(range(_STEPS)), Signal(), Signal()
        m.d.comb += is_last.eq(is_busy & (step == _STEPS - 1))
        m.d.sync += step.eq(step + 1)
        with m.If(is_last):
            m.d.sync += is_busy.eq(0)
        with m.If(Cat(1, step) <= remaining):
            m.d.sync += [value.eq(value >> 2), half.eq(value[1]), rest.eq(rest | half | value[0])]
        with m.If(is_added):
            m.d.sync += [
                remaining.eq(distance & is_to_the_right.replicate(5)),
                shifts_once_more.eq(is_to_the_right & ~distance[0]),
            ]
        is_product = Signal()
        m.d.sync += is_product.eq(is_added)
        with m.If(is_product):
            m.d.sync += [value.eq(product), half.eq(0), rest.eq(0), step.eq(0), is_busy.eq(1)]
        self._clamp(
            m,
            is_last,
            value=Mux(shifts_once_more, value >> 1, value),
            half=Mux(shifts_once_more, value[0], half),
            rest=rest | (shifts_once_more & half),
        )

    def _clamp(
        self, m: Module, is_shifted: Signal, *, value: Value, half: Value, rest: Value
    ) -> None:
        """Round, add the offset and clamp in three cycles, with one comparison at a time."""
        # Ten bits can tell a value out of range of any int8 plus any int8 offset.
        total = Signal(signed(11))
        overflows, is_negative = Signal(), Signal()
        rounds_up = half & (~value[-1] | rest)
        sum_with_carry = Cat(1, value[:10]).as_signed() + Cat(rounds_up, self.offset).as_signed()
        with m.If(is_shifted):
            m.d.sync += [
                total.eq(sum_with_carry >> 1),
                overflows.eq((value[9:-1] ^ value[-1].replicate(len(value) - 10)).any()),
                is_negative.eq(value[-1]),
            ]
        is_total, is_raised = Signal(), Signal()
        limit, is_less = Signal(signed(8)), Signal()
        m.d.comb += [
            limit.eq(Mux(is_raised, self.maximum, self.minimum)),
            is_less.eq(Mux(overflows, is_negative, total < limit)),
        ]
        m.d.sync += [
            is_total.eq(is_shifted),
            is_raised.eq(is_total),
            self.output_valid.eq(is_raised),
        ]
        is_beyond = is_less ^ is_raised
        with m.If(is_total | is_beyond):
            m.d.sync += self.output.eq(Mux(is_beyond, limit, total[:8].as_signed()))


EXAMPLES = (PartExample(SerialRequantizer),)
