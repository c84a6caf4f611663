"""Addresses of the inputs of a convolution, in the order in which they are needed."""

from __future__ import annotations

__all__ = ["EXAMPLES", "WindowAddresses"]

from typing import NamedTuple

from amaranth.hdl import Const, Module, Signal, Value, ValueLike
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from gateware.part_examples import PartExample


class _Level(NamedTuple):
    """A loop: how often it is run, by how much the address advances, and where it began."""

    is_last: Value
    step: ValueLike
    base: Signal


class WindowAddresses(wiring.Component):
    """Six nested loops over lines, columns, groups, rows, taps and words, an address a cycle.

    The group is the unit of work: its last address is issued only when `may_end_group`, which is
    how a consumer that takes time for each group holds the addresses back.

    Parameters
    ----------
    address_bits
        Width of addresses and steps; addresses wrap.
    word_bits, window_bits, group_bits, column_bits, line_bits
        Widths of the numbers of words, of taps and rows, of groups, columns and lines.

    Members
    -------
    starts : `In(1)`
        Begin in the next cycle, from `base` on. Not while `is_busy`.
    base : `In(address_bits)`
    words, taps, rows, groups, columns, lines
        How often each loop is run, 1 or more. Words are innermost.
    tap_step, row_step, group_step, column_step, line_step : `In(address_bits)`
        How far a run of a loop is from the one before. Words are 4 apart.
    may_end_group : `In(1)`
    pauses : `In(1)`
        No address is issued in this cycle.
    is_busy : `Out(1)`
    valid : `Out(1)`
        Whether `address` is issued in this cycle.
    address : `Out(address_bits)`
    begins_group, ends_group, ends_pixel, ends_run : `Out(1)`
        Whether this is the first or the last address of a group, the last one of a line and column,
        the last of all; they mean nothing unless `valid`.
    """

    def __init__(
        self,
        *,
        address_bits: int,
        word_bits: int,
        window_bits: int,
        group_bits: int,
        column_bits: int,
        line_bits: int,
    ) -> None:
        self._count_bits = {
            "words": word_bits,
            "taps": window_bits,
            "rows": window_bits,
            "groups": group_bits,
            "columns": column_bits,
            "lines": line_bits,
        }
        steps = ("tap_step", "row_step", "group_step", "column_step", "line_step")
        super().__init__(
            {
                "starts": In(1),
                "base": In(address_bits),
                **{name: In(bits) for name, bits in self._count_bits.items()},
                **{name: In(address_bits) for name in steps},
                "may_end_group": In(1),
                "pauses": In(1),
                "is_busy": Out(1),
                "valid": Out(1),
                "address": Out(address_bits),
                "begins_group": Out(1),
                "ends_group": Out(1),
                "ends_pixel": Out(1),
                "ends_run": Out(1),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        left = {name: Signal(bits, name=f"{name}_left") for name, bits in self._count_bits.items()}
        steps = {
            "words": 4,
            "taps": self.tap_step,
            "rows": self.row_step,
            "groups": self.group_step,
            "columns": self.column_step,
            "lines": self.line_step,
        }
        address = Signal.like(self.base)
        levels = []
        for name, counter in left.items():
            is_last = Signal(name=f"{name}_last")
            m.d.comb += is_last.eq(counter == 1)
            base = address if name == "words" else Signal.like(address, name=f"{name}_base")
            levels.append(_Level(is_last, steps[name], base))

        # The innermost loop that is not at its end goes on; those inside it begin again.
        goes_on = [Signal(name=f"{name}_go_on") for name in left]
        inner_ended: Value = Const(1)
        origin, step = Signal.like(address), Signal.like(address)
        m.d.comb += [origin.eq(address), step.eq(4)]
        ended = []
        for level, goes in zip(levels, goes_on, strict=True):
            m.d.comb += goes.eq(inner_ended & ~level.is_last)
            with m.If(inner_ended):
                m.d.comb += [origin.eq(level.base), step.eq(level.step)]
            inner_ended = inner_ended & level.is_last
            ended.append(inner_ended)
        m.d.comb += [
            self.ends_group.eq(ended[2]),
            self.ends_pixel.eq(ended[3]),
            self.ends_run.eq(ended[5]),
            self.valid.eq(self.is_busy & ~self.pauses & (~self.ends_group | self.may_end_group)),
            self.address.eq(address),
        ]

        following = Signal.like(address)
        m.d.comb += following.eq(origin + step)
        with m.If(self.valid):
            m.d.sync += [address.eq(following), self.begins_group.eq(self.ends_group)]
            inner: Value = Const(1)
            for level, goes, (name, counter) in zip(levels, goes_on, left.items(), strict=True):
                with m.If(goes):
                    m.d.sync += counter.eq(counter - 1)
                with m.Elif(inner):
                    m.d.sync += counter.eq(getattr(self, name))
                if name != "words":
                    with m.If(inner):
                        m.d.sync += level.base.eq(following)
                inner = inner & level.is_last
            with m.If(self.ends_run):
                m.d.sync += self.is_busy.eq(0)
        with m.If(self.starts):
            m.d.sync += [self.is_busy.eq(1), self.begins_group.eq(1)]
            m.d.sync += [level.base.eq(self.base) for level in levels]
            m.d.sync += [counter.eq(getattr(self, name)) for name, counter in left.items()]
        return m


EXAMPLES = (
    PartExample(
        WindowAddresses,
        address_bits=14,
        word_bits=9,
        window_bits=4,
        group_bits=7,
        column_bits=8,
        line_bits=8,
    ),
)
