"""The multipliers and accumulators of an array engine."""

from __future__ import annotations

__all__ = ["Beat", "Units"]

from amaranth.hdl import Cat, Module, Mux, Signal, signed
from amaranth.lib import data, memory, wiring
from amaranth.lib.wiring import In, Out

from gateware.array.loader import LocalWrites
from gateware.array.sizes import LANES, ArraySizes

Beat = data.StructLayout({"valid": 1, "first": 1, "last": 1})
"""What accompanies the inputs of a cycle: whether there are any, and a group's first and last."""


class Units(wiring.Component):
    """Multiply four inputs by a word of filters in each unit and add the products up.

    Members
    -------
    beat : `In(Beat)`
    inputs : `In(32)`
        Four int8 of the cycle of `beat`.
    filter_address : `In(range(filter_words))`
        Of the same cycle.
    input_offset : `In(signed(9))`
    is_depthwise, is_lookup : `In(1)`
        As the modes of those names; constant while beats are inside.
    writes : `In(LocalWrites)`
    sums : `Out(signed(32)).array()`
        One for each unit, four at least.
    is_done : `Out(1)`
        Whether `sums` are those of a whole group; for one cycle.
    clears : `In(1)`
        Set the sums to 0 after this cycle, if compact; otherwise a group's first beat does.

    Attributes
    ----------
    latency
        The most cycles from a group's last beat to `is_done`.
    """

    latency = 6

    def __init__(self, sizes: ArraySizes) -> None:
        self._sizes = sizes
        super().__init__(
            {
                "beat": In(Beat),
                "inputs": In(32),
                "filter_address": In(range(sizes.filter_words)),
                "input_offset": In(signed(9)),
                "is_depthwise": In(1),
                "is_lookup": In(1),
                "writes": In(LocalWrites(sizes)),
                "sums": Out(signed(32)).array(max(sizes.units, LANES)),
                "is_done": Out(1),
                "clears": In(1),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        # Stage 0 is that of `beat`. In stage 1 filters come out of their memories, in stage 2 both
        # factors are at the multipliers, in stage 3 products, in stage 4 sums of products.
        beats = [self.beat]
        for stage in range(1, 5):
            beat = Signal(Beat, name=f"beat_{stage}")
            m.d.sync += beat.eq(beats[-1])
            beats.append(beat)

        # A table has 256 entries, in the order of signed numbers.
        entry = Cat(self.inputs[:7], ~self.inputs[7], self.filter_address[8:])
        address = Signal.like(self.filter_address)
        m.d.comb += address.eq(Mux(self.is_lookup, entry, self.filter_address))
        factors = []
        for lane in range(LANES):
            offset = Signal(signed(9), name=f"offset_input_{lane}", reset_less=True)
            factor = Signal(signed(9), name=f"input_{lane}", reset_less=True)
            value = self.inputs.word_select(lane, 8).as_signed()
            m.d.sync += [offset.eq(value + self.input_offset), factor.eq(offset)]
            factors.append(factor)

        dense: list[Signal] = []
        first_products: list[Signal] = []
        first_filter = Signal(32)
        for unit in range(self._sizes.units):
            bank = memory.Memory(
                shape=32,
                depth=self._sizes.filter_words,
                init=[],
                attrs={"no_rw_check": 1},
            )
            m.submodules[f"filters_{unit}"] = bank
            write, read = bank.write_port(), bank.read_port()
            m.d.comb += [
                write.addr.eq(self.writes.address),
                write.data.eq(self.writes.word),
                write.en.eq(self.writes.filters & (self.writes.bank == unit)),
                read.addr.eq(address),
            ]
            filters = Signal(32, name=f"filters_of_{unit}", reset_less=True)
            m.d.sync += filters.eq(read.data)
            products = []
            for lane in range(LANES):
                product = Signal(signed(17), name=f"product_{unit}_{lane}", reset_less=True)
                m.d.sync += product.eq(factors[lane] * filters.word_select(lane, 8).as_signed())
                products.append(product)
            total = Signal(signed(19), name=f"total_{unit}", reset_less=True)
            m.d.sync += total.eq((products[0] + products[1]) + (products[2] + products[3]))
            dense.append(total)
            if unit == 0:
                first_products = products
                m.d.comb += first_filter.eq(filters)

        # Beats of one mode only are inside at a time, so each mode can have its own stage.
        beat = Signal(Beat)
        m.d.comb += beat.eq(
            Mux(self.is_lookup, beats[2], Mux(self.is_depthwise, beats[3], beats[4]))
        )
        m.d.sync += self.is_done.eq(beat.valid & beat.last)
        for index, total in enumerate(self.sums):
            addend = Signal(signed(32), name=f"addend_{index}")
            if index < len(dense):
                m.d.comb += addend.eq(dense[index])
            if index < LANES:
                with m.If(self.is_depthwise):
                    m.d.comb += addend.eq(first_products[index])
            if index == 0:
                with m.If(self.is_lookup):
                    m.d.comb += addend.eq(first_filter)
            if self._sizes.compact:
                # A pause follows each group, so clearing needs no cells in front of the adders.
                with m.If(beat.valid):
                    m.d.sync += total.eq(total + addend)
                with m.Elif(self.clears):
                    m.d.sync += total.eq(0)
            else:
                with m.If(beat.valid):
                    m.d.sync += total.eq(Mux(beat.first, 0, total) + addend)
        return m
