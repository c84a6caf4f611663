"""exp(x) of a negative fixed-point number, the bits that TensorFlow Lite Micro's softmax has.

x is split into a multiple of 1/4 and a rest in [-1/4, 0). A polynomial of degree four around -1/8
gives the rest's exponential, which is multiplied by exp(-2**k) for each bit of the multiple.
These are gemmlowp's steps, with its roundings after each of them.
"""

from __future__ import annotations

__all__ = ["EXAMPLES", "Exponent", "exp_on_negative_values"]

import math
from enum import IntEnum

from amaranth.hdl import Cat, Const, Module, Mux, Signal, signed
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from gateware.part_examples import PartExample

_ONE = 2**31  # which an int32 just cannot hold
_CENTER = round(math.exp(-1 / 8) * _ONE)
_THIRD = round(_ONE / 3)
_LARGEST_INTEGER_BITS = 5


def _step_factors(integer_bits: int) -> list[int]:
    """Return exp(-2**k) * 2**31 for the weights of the multiple's bits, from 1/4 on."""
    return [round(math.exp(-(2.0**k)) * _ONE) for k in range(-2, integer_bits)]


def exp_on_negative_values(x: int, integer_bits: int) -> int:
    """Return exp(`x` / 2**(31 - `integer_bits`)) * 2**31, int32.

    Parameters
    ----------
    x
        int32, not positive.
    integer_bits
        0 to 5; softmax has 5.
    """
    if x == 0:
        return _ONE - 1
    quarter = 2 ** (29 - integer_bits)
    t = ((x % quarter) << integer_bits) - 2**28
    t2 = _high_product(t, t)
    t3 = _high_product(t2, t)
    cubic = _high_product(((_high_product(t2, t2) + 2) >> 2) + t3, _THIRD)
    result = _high_product(t + ((cubic + t2 + 1) >> 1), _CENTER) + _CENTER
    for bit, factor in enumerate(_step_factors(integer_bits)):
        if ~(x // quarter) >> bit & 1:
            result = _high_product(result, factor)
    return result


def _high_product(a: int, b: int) -> int:
    """Return a * b / 2**31, halves rounded up: gemmlowp's `SaturatingRoundingDoublingHighMul`."""
    return (a * b + 2**30) >> 31


class _Step(IntEnum):
    """What is multiplied; from `FIRST_FACTOR` on, factors for the bits of the multiple."""

    SQUARE = 0
    CUBE = 1
    FOURTH_POWER = 2
    THIRD = 3
    CENTER = 4
    FIRST_FACTOR = 5


class Exponent(wiring.Component):
    """One exponential after the other, with one multiplier of 16 bits.

    A multiplication takes 7 cycles. There are five, and one for each bit that is set in the
    multiple of 1/4, or a cycle if it is not; one cycle more is needed to begin and one to end.

    Parameters
    ----------
    integer_bits
        Of the input, 0 to 5; softmax has 5.

    Members
    -------
    input : `In(stream.Signature(signed(32)))`
        x * 2**(31 - integer_bits), not positive.
    output : `Out(stream.Signature(signed(32)))`
        exp(x) * 2**31, as `exp_on_negative_values` has it.

    Raises
    ------
    ValueError
        If `integer_bits` is out of range.
    """

    def __init__(self, *, integer_bits: int = 5) -> None:
        if not 0 <= integer_bits <= _LARGEST_INTEGER_BITS:
            raise ValueError(f"integer_bits must be 0 to 5, not {integer_bits}")
        self._integer_bits = integer_bits
        super().__init__(
            {
                "input": In(stream.Signature(signed(32))),
                "output": Out(stream.Signature(signed(32))),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        factors = _step_factors(self._integer_bits)
        rest_width = 29 - self._integer_bits
        last_step = _Step.FIRST_FACTOR + len(factors) - 1
        step = Signal(range(last_step + 1))
        multiple = Signal(len(factors))
        t, square, result = (
            Signal(signed(29), name="t"),
            Signal(signed(32), name="square"),
            Signal(signed(32), name="result"),
        )
        m.submodules.product = product = _HighProduct()
        is_zero = Signal()

        m.d.comb += product.left.eq(result)
        with m.Switch(step):
            with m.Case(_Step.SQUARE):
                m.d.comb += [product.left.eq(t), product.right.eq(t)]
            with m.Case(_Step.CUBE):
                m.d.comb += [product.left.eq(square), product.right.eq(t)]
            with m.Case(_Step.FOURTH_POWER):
                m.d.comb += [product.left.eq(square), product.right.eq(square)]
            with m.Case(_Step.THIRD):
                m.d.comb += product.right.eq(_THIRD)
            with m.Case(_Step.CENTER):
                m.d.comb += product.right.eq(_CENTER)
            for index, factor in enumerate(factors):
                with m.Case(_Step.FIRST_FACTOR + index):
                    m.d.comb += product.right.eq(factor)

        m.d.comb += self.output.payload.eq(Mux(is_zero, _ONE - 1, result))
        with m.FSM():
            with m.State("wait for a number"):
                x = self.input.payload
                m.d.comb += self.input.ready.eq(1)
                rest = Cat(Const(0, self._integer_bits), x[:rest_width])
                m.d.sync += [
                    step.eq(_Step.SQUARE),
                    t.eq(Cat(rest[:28], ~rest[28]).as_signed()),  # minus 2**28
                    multiple.eq(~x[rest_width:]),
                    is_zero.eq(x == 0),
                ]
                with m.If(self.input.valid):
                    m.next = "begin a product"
            with m.State("begin a product"):
                with m.If((step >= _Step.FIRST_FACTOR) & ~multiple[0]):
                    m.d.sync += [step.eq(step + 1), multiple.eq(multiple >> 1)]
                    with m.If(step == last_step):
                        m.next = "offer the result"
                with m.Else():
                    m.d.comb += product.begins.eq(1)
                    m.next = "use the product"
            with m.State("use the product"), m.If(product.is_done):
                self._use(m, step, product=product.output, t=t, square=square, result=result)
                m.d.sync += step.eq(step + 1)
                with m.If(step >= _Step.FIRST_FACTOR):
                    m.d.sync += multiple.eq(multiple >> 1)
                m.next = "begin a product"
                with m.If(step == last_step):
                    m.next = "offer the result"
            with m.State("offer the result"):
                m.d.comb += self.output.valid.eq(1)
                with m.If(self.output.ready):
                    m.next = "wait for a number"
        return m

    def _use(
        self,
        m: Module,
        step: Signal,
        *,
        product: Signal,
        t: Signal,
        square: Signal,
        result: Signal,
    ) -> None:
        """Keep what becomes of the product."""
        with m.Switch(step):
            with m.Case(_Step.SQUARE):
                m.d.sync += square.eq(product)
            with m.Case(_Step.FOURTH_POWER):
                m.d.sync += result.eq(((product + 2) >> 2) + result)
            with m.Case(_Step.THIRD):
                m.d.sync += result.eq(((product + square + 1) >> 1) + t)
            with m.Case(_Step.CENTER):
                m.d.sync += result.eq(product + _CENTER)
            with m.Default():
                m.d.sync += result.eq(product)


class _HighProduct(wiring.Component):
    """The upper half of twice a product of two int32 above -2**31, halves rounded up.

    Four products of digits of 16 bits are added up, one a cycle. `output` is valid when `is_done`,
    6 cycles after `begins`.
    """

    def __init__(self) -> None:
        super().__init__(
            {
                "begins": In(1),
                "left": In(signed(32)),
                "right": In(signed(32)),
                "is_done": Out(1),
                "output": Out(signed(32)),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        left, right = Signal(32), Signal(32)  # the magnitudes, the right one doubled
        is_negative = Signal()
        multiplies = Signal(4)  # which product is formed, one bit of four
        adds = Signal(4)  # the same, a cycle later
        digits = Signal(32, reset_less=True)
        total = Signal(34)
        m.d.sync += [
            multiplies.eq(Cat(self.begins, multiplies)),
            adds.eq(multiplies),
            digits.eq(left[:16] * right[:16]),
            self.is_done.eq(adds[3]),
        ]
        # Lower by lower, two mixed ones, upper by upper: 16 bits more before the second and fourth.
        with m.If(multiplies.any()):
            m.d.sync += right.eq(right.rotate_left(16))
        with m.If(multiplies[1]):
            m.d.sync += left.eq(left.rotate_left(16))
        with m.If(adds.any()):
            m.d.sync += total.eq(Mux(adds[1] | adds[3], total >> 16, total) + digits)
        with m.If(self.begins):
            m.d.sync += [
                left.eq(Mux(self.left[-1], -self.left, self.left)),
                right.eq(Mux(self.right[-1], -self.right, self.right) << 1),
                is_negative.eq(self.left[-1] ^ self.right[-1]),
                # One half; less for the magnitude of a negative product, whose halves go down.
                total.eq(Mux(self.left[-1] ^ self.right[-1], 2**31 - 1, 2**31)),
            ]
        magnitude = total[:32]
        m.d.comb += self.output.eq(Mux(is_negative, -magnitude, magnitude))
        return m


EXAMPLES = (PartExample(Exponent, integer_bits=0), PartExample(Exponent, integer_bits=5))
