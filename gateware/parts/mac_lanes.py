"""Int8 multipliers with an accumulator each."""

from __future__ import annotations

__all__ = ["EXAMPLES", "LANES", "MacLanes"]

from amaranth.hdl import Module, Mux, Signal, ValueLike, signed
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from gateware.part_examples import PartExample

LANES = 4


class MacLanes(wiring.Component):
    """Four lanes: each adds the product of an int8 filter and an offset int8 input to its sum.

    A product is in its accumulator two cycles after `begins`. The multiplier of lane 0 can be
    lent for unsigned products of 16 bits.

    Members
    -------
    begins : `In(1)`
        Take `filters` and `inputs`, lane 0 in the lowest byte.
    clears : `In(1)`
        Set the accumulators to 0 after this cycle.
    input_offset : `In(signed(9))`
        Added to each input, -127 to 128.
    digit_0, digit_1 : `In(16)`
        Factors of `product`; 0 in the cycle after `begins`, when lane 0 needs its multiplier.
    product : `Out(32)`
        Unsigned product of the digits, except in the cycle after `begins`.
    lane_index : `In(range(LANES))`
    lane : `Out(signed(32))`
        The accumulator of that index; it wraps.
    """

    def __init__(self) -> None:
        super().__init__(
            {
                "begins": In(1),
                "filters": In(32),
                "inputs": In(32),
                "clears": In(1),
                "input_offset": In(signed(9)),
                "digit_0": In(16),
                "digit_1": In(16),
                "product": Out(32),
                "lane_index": In(range(LANES)),
                "lane": Out(signed(32)),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        multiplies = Signal()
        m.d.sync += multiplies.eq(self.begins)
        # Without a reset, factors and sums can go into an FPGA's DSP blocks.
        lanes = [Signal(signed(32), name=f"sum_{i}", reset_less=True) for i in range(LANES)]
        for index, lane in enumerate(lanes):
            left = Signal(signed(16), name=f"input_{index}", reset_less=True)
            right = Signal(signed(16), name=f"filter_{index}", reset_less=True)
            with m.If(self.begins):
                m.d.sync += [
                    left.eq(self.inputs.word_select(index, 8).as_signed() + self.input_offset),
                    right.eq(self.filters.word_select(index, 8).as_signed()),
                ]
            product: ValueLike = left * right
            if index == 0:
                # Factors that are not wanted are 0, so that no multiplexer is.
                with m.If(~self.begins):
                    m.d.sync += [left.eq(0), right.eq(0)]
                # 255 * -128 fits 16 bits, and these are the same for signed and unsigned factors.
                factor_0, factor_1 = Signal(16), Signal(16)
                m.d.comb += [
                    factor_0.eq(self.digit_0 | left),
                    factor_1.eq(self.digit_1 | right),
                    self.product.eq(factor_0 * factor_1),
                ]
                product = self.product[:16].as_signed()
            # In this form, an enabled register that is cleared when enabled, a sum and its
            # register fit into the multiplier's DSP block on an iCE40.
            with m.If(self.clears | multiplies):
                m.d.sync += lane.eq(Mux(self.clears, 0, lane + product))
        with m.Switch(self.lane_index):
            for index, lane in enumerate(lanes):
                with m.Case(index):
                    m.d.comb += self.lane.eq(lane)
        return m


EXAMPLES = (PartExample(MacLanes),)
