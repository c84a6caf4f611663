"""Writing to an array engine's local memories."""

from __future__ import annotations

__all__ = ["Loader", "LocalWrites", "count_bits"]

from amaranth.hdl import Module, Mux, Signal
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

from gateware.array.registers import Target
from gateware.array.sizes import LANES, ArraySizes

_WORD_BYTES = 4


def count_bits(sizes: ArraySizes) -> int:
    """Return the width of the number of bytes that one instruction writes."""
    filters = _WORD_BYTES * sizes.filter_words * sizes.units
    return max(filters, sizes.input_bytes, _WORD_BYTES * sizes.channels).bit_length()


class LocalWrites(data.StructLayout):
    """A write to one of the local memories.

    `inputs`, `filters`, `biases`, `multipliers` and `shifts` tell which, if any; `bank` is the
    unit of filters, `address` a byte of inputs, a word of filters or a channel. `mask` tells the
    bytes of `word` to write, to inputs only.
    """

    def __init__(self, sizes: ArraySizes) -> None:
        deepest = max(sizes.input_bytes, sizes.filter_words, sizes.channels)
        super().__init__(
            {
                **{target.name.lower(): 1 for target in Target},
                "bank": range(max(sizes.units, 2)),
                "address": range(deepest),
                "word": 32,
                "mask": LANES,
            }
        )


class Loader(wiring.Component):
    """Turn what instructions push, fill and fetch into writes, one word a cycle.

    Members
    -------
    seeks : `In(1)`
        Begin at `index` of `target`.
    target : `In(3)`
    index : `In(32)`
    begins : `In(1)`
        Write `count` bytes: those of `word0`, then of `word1`; or, if it `repeats`, of `word0`
        again and again; or, if it `fetches`, of `fetched` whenever it is `fetched_valid`, without
        the first `skip` bytes. Only when `accepts`, and if it fetches, `is_quiet`.
    count : `In(count_bits)`
    repeats : `In(1)`
    fetches : `In(1)`
    skip : `In(2)`
    word0, word1, fetched : `In(32)`
    fetched_valid : `In(1)`
    words_per_channel : `In`
        Words of filters after which the next unit's begin.
    accepts : `Out(1)`
        Whether nothing is being written any more after this cycle.
    is_quiet : `Out(1)`
        Whether nothing is being written in this cycle.
    writes : `Out(LocalWrites)`
    """

    def __init__(self, sizes: ArraySizes) -> None:
        self._sizes = sizes
        super().__init__(
            {
                "seeks": In(1),
                "target": In(3),
                "index": In(32),
                "begins": In(1),
                "count": In(count_bits(sizes)),
                "repeats": In(1),
                "fetches": In(1),
                "skip": In(2),
                "word0": In(32),
                "word1": In(32),
                "fetched": In(32),
                "fetched_valid": In(1),
                "words_per_channel": In(sizes.filter_words.bit_length()),
                "accepts": Out(1),
                "is_quiet": Out(1),
                "writes": Out(LocalWrites(sizes)),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        writes = self.writes
        is_fetching, is_repeating, skip = Signal(), Signal(), Signal(2)
        word0, word1 = Signal(32), Signal(32)
        # Skipped bytes count as well, until the word they are in is written.
        remaining = Signal(count_bits(self._sizes) + 1)
        target = Signal(3)
        is_last, writes_now = Signal(), Signal()
        written = Signal(range(_WORD_BYTES + 1))
        m.d.comb += [
            is_last.eq(remaining <= _WORD_BYTES),
            writes_now.eq((remaining != 0) & (~is_fetching | self.fetched_valid)),
            written.eq(Mux(is_last, remaining[:3], _WORD_BYTES)),
            self.is_quiet.eq(remaining == 0),
            self.accepts.eq(self.is_quiet | (is_last & ~is_fetching)),
            writes.word.eq(Mux(is_fetching, self.fetched, word0)),
            writes.mask.eq(((1 << written) - 1) & ~((1 << skip) - 1)),
        ]
        for number in Target:
            selected = writes[number.name.lower()]
            m.d.comb += selected.eq(writes_now & (target == number))

        address = Signal.like(writes.address)
        row = Signal.like(address)  # of filters: where the channels of this round of units begin
        words = Signal.like(self.words_per_channel)
        bank = Signal.like(writes.bank)
        following = Signal.like(address)
        is_input = target == Target.INPUTS
        m.d.comb += [
            writes.address.eq(address),
            writes.bank.eq(bank),
            following.eq(address + Mux(is_input, written, 1)),
        ]
        with m.If(writes_now):
            m.d.sync += [
                remaining.eq(Mux(is_last, 0, remaining - _WORD_BYTES)),
                skip.eq(0),
                address.eq(following),
                words.eq(words + 1),
            ]
            with m.If(~is_repeating):
                m.d.sync += word0.eq(word1)
            with m.If((target == Target.FILTERS) & (words + 1 == self.words_per_channel)):
                m.d.sync += [words.eq(0), bank.eq(bank + 1)]
                with m.If(bank == self._sizes.units - 1):
                    m.d.sync += [bank.eq(0), row.eq(following)]
                with m.Else():
                    m.d.sync += address.eq(row)
        with m.If(self.seeks):
            m.d.sync += [
                target.eq(self.target),
                address.eq(self.index),
                row.eq(self.index),
                words.eq(0),
                bank.eq(0),
            ]
        with m.If(self.begins):
            m.d.sync += [
                is_fetching.eq(self.fetches),
                is_repeating.eq(self.repeats),
                skip.eq(Mux(self.fetches, self.skip, 0)),
                word0.eq(self.word0),
                word1.eq(self.word1),
                remaining.eq(self.count + Mux(self.fetches, self.skip, 0)),
            ]
            with m.If(self.fetches & is_input):
                # The word comes with its skipped bytes, which lie in front of the place.
                m.d.sync += address.eq(address - self.skip)
        return m
