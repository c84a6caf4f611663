"""One sum of a group after the other."""

from __future__ import annotations

__all__ = ["SumSequencer"]

from itertools import pairwise

from amaranth.hdl import Array, Module, Mux, Signal, signed
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from gateware.array.sizes import LANES, ArraySizes


class SumSequencer(wiring.Component):
    """Give the sums of a group one by one, with the channel that each is of.

    It holds the sums, so that those of the next group can be added up meanwhile. A compact one
    does not: `sums` must stay as they are until `is_last` comes with `sum_valid`.

    Parameters
    ----------
    interval
        Cycles from one sum to the next.

    Members
    -------
    takes : `In(1)`
        Begin with `sums`. Not before the last ones are given.
    sums : `In(signed(32)).array()`
    group_channels : `In`
        How many of them there are, unless fewer are left of the pixel's.
    channels : `In`
        Of a pixel.
    sum : `Out(signed(32))`
    channel : `Out`
        Of the sum; does not change in the cycle before `sum_valid`.
    sum_valid : `Out(1)`
        In the cycle after `takes` for the first time, in a compact one in the same cycle.
    is_last : `Out(1)`
        Whether it is a group's last sum.
    is_empty : `Out(1)`
        Whether no more sums are to be given after this cycle's.
    """

    def __init__(self, sizes: ArraySizes, *, interval: int) -> None:
        self._compact = sizes.compact
        self._interval = interval
        self._count = max(sizes.units, LANES)
        channel_bits = sizes.channels.bit_length()
        super().__init__(
            {
                "takes": In(1),
                "sums": In(signed(32)).array(self._count),
                "group_channels": In(range(self._count + 1)),
                "channels": In(channel_bits),
                "sum": Out(signed(32)),
                "channel": Out(channel_bits),
                "sum_valid": Out(1),
                "is_last": Out(1),
                "is_empty": Out(1),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        left = Signal(range(self._count + 1))  # after this cycle's, if it gives one
        is_due = Signal()
        pause = Signal(range(max(self._interval, 2)))
        following = Signal.like(left)
        ends_pixel = Signal()
        m.d.comb += [
            ends_pixel.eq(self.channel + 1 == self.channels),
            self.is_last.eq(ends_pixel | (following == 0)),
            self.is_empty.eq(left == 0),
            is_due.eq((left != 0) & (pause == 0)),
        ]
        with m.If(pause != 0):
            m.d.sync += pause.eq(pause - 1)
        with m.If(self.sum_valid):
            m.d.sync += [
                left.eq(Mux(ends_pixel, 0, following)),
                pause.eq(self._interval - 1),
                self.channel.eq(Mux(ends_pixel, 0, self.channel + 1)),
            ]
        if self._compact:
            index = Signal(range(self._count))
            m.d.comb += [
                self.sum_valid.eq(self.takes | is_due),
                following.eq(Mux(self.takes, self.group_channels, left) - 1),
                self.sum.eq(Array(self.sums)[index]),
            ]
            with m.If(self.sum_valid):
                m.d.sync += index.eq(Mux(self.is_last, 0, index + 1))
            return m

        held = [Signal(signed(32), name=f"held_{i}", reset_less=True) for i in range(self._count)]
        m.d.comb += [
            self.sum_valid.eq(is_due),
            following.eq(left - 1),
            self.sum.eq(held[0]),
        ]
        with m.If(self.sum_valid):
            m.d.sync += [place.eq(next_one) for place, next_one in pairwise(held)]
        with m.If(self.takes):
            m.d.sync += [place.eq(value) for place, value in zip(held, self.sums, strict=True)]
            m.d.sync += left.eq(self.group_channels)
        return m
