"""From an array engine's sums to its results."""

from __future__ import annotations

__all__ = ["Finisher", "ResultWord", "finisher_latency"]

from amaranth.hdl import Cat, Module, Mux, Signal, Value, signed
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

from gateware.array.loader import LocalWrites
from gateware.array.parameters import BiasedSums, CompactBiasedSums
from gateware.array.sequencer import SumSequencer
from gateware.array.sizes import LANES, ArraySizes
from gateware.parts.requantizer import Requantizer
from gateware.parts.serial_requantizer import SerialRequantizer

ResultWord = data.StructLayout({"data": 32, "mask": LANES})
"""Four int8 results or an int32, and which of its bytes mean something."""


def finisher_latency(sizes: ArraySizes) -> int:
    """Return the most cycles from a group's sums to the first of its results."""
    return 3 + _requantizer_class(sizes).latency


def _requantizer_class(sizes: ArraySizes) -> type[Requantizer] | type[SerialRequantizer]:
    return SerialRequantizer if sizes.compact else Requantizer


class Finisher(wiring.Component):
    """Take a group's sums, add biases, requantize one after the other and make words of them.

    Members
    -------
    takes : `In(1)`
        Take `sums`. It needs `interval` cycles for each channel of a group before the next.
    ends_run : `In(1)`
        Whether it is the last group of a run.
    sums : `In(signed(32)).array()`
    group_channels : `In`
        The channels of a group, unless fewer are left of the pixel's.
    channels : `In`
        Of a pixel.
    is_raw, aligns_pixels : `In(1)`
    offset, minimum, maximum : `In(signed(8))`
    writes : `In(LocalWrites)`
    word : `Out(ResultWord)`
    word_valid : `Out(1)`
        Whether `word` is a result, in this cycle.
    is_done : `Out(1)`
        Whether the last result of a run is complete with this cycle.
    clears : `Out(1)`
        Whether the last of `sums` is needed for the last time.

    Attributes
    ----------
    interval
        Cycles a channel takes.
    """

    def __init__(self, sizes: ArraySizes) -> None:
        self._sizes = sizes
        self.interval = _requantizer_class(sizes).interval
        self._sum_count = max(sizes.units, LANES)
        super().__init__(
            {
                "takes": In(1),
                "ends_run": In(1),
                "sums": In(signed(32)).array(self._sum_count),
                "group_channels": In(range(self._sum_count + 1)),
                "channels": In(sizes.channels.bit_length()),
                "is_raw": In(1),
                "aligns_pixels": In(1),
                "offset": In(signed(8)),
                "minimum": In(signed(8)),
                "maximum": In(signed(8)),
                "writes": In(LocalWrites(sizes)),
                "word": Out(ResultWord),
                "word_valid": Out(1),
                "is_done": Out(1),
                "clears": Out(1),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.submodules.requantizer = requantizer = _requantizer_class(self._sizes)()

        m.submodules.sequencer = sequencer = SumSequencer(self._sizes, interval=self.interval)
        run_ends = Signal()
        m.d.comb += [
            sequencer.takes.eq(self.takes),
            *[to.eq(of) for to, of in zip(sequencer.sums, self.sums, strict=True)],
            sequencer.group_channels.eq(self.group_channels),
            sequencer.channels.eq(self.channels),
            self.clears.eq(sequencer.sum_valid & sequencer.is_last),
        ]
        with m.If(self.takes):
            m.d.sync += run_ends.eq(self.ends_run)

        m.submodules.biased_sums = sums = (
            CompactBiasedSums(self._sizes) if self._sizes.compact else BiasedSums(self._sizes)
        )
        biased, biased_valid = sums.biased, sums.biased_valid
        m.d.comb += [
            sums.writes.eq(self.writes),
            sums.channel.eq(sequencer.channel),
            sums.sum.eq(sequencer.sum),
            sums.sum_valid.eq(sequencer.sum_valid),
            requantizer.valid.eq(biased_valid & ~self.is_raw),
            requantizer.accumulator.eq(biased),
            requantizer.multiplier.eq(sums.multiplier),
            requantizer.shift.eq(sums.shift),
            requantizer.offset.eq(self.offset),
            requantizer.minimum.eq(self.minimum),
            requantizer.maximum.eq(self.maximum),
        ]

        # Results come in the order of sums, so counting tells which ends a pixel or the run.
        result_valid, result_ends_pixel = Signal(), Signal()
        result_channel = Signal.like(sequencer.channel)
        inside = Signal(range(finisher_latency(self._sizes) + 2))
        m.d.comb += [
            result_valid.eq(Mux(self.is_raw, biased_valid, requantizer.output_valid)),
            result_ends_pixel.eq(result_channel + 1 == self.channels),
            self.is_done.eq(
                result_valid & result_ends_pixel & run_ends & sequencer.is_empty & (inside == 1)
            ),
        ]
        m.d.sync += inside.eq(inside + sequencer.sum_valid - result_valid)
        with m.If(result_valid):
            m.d.sync += result_channel.eq(Mux(result_ends_pixel, 0, result_channel + 1))
        with m.If(self.is_raw):
            m.d.comb += [
                self.word.data.eq(biased),
                self.word.mask.eq(0b1111),
                self.word_valid.eq(result_valid),
            ]
        with m.Else():
            ends_word = self.is_done | (result_ends_pixel & self.aligns_pixels)
            self._assemble(m, requantizer, ends_word)
        return m

    def _assemble(
        self, m: Module, requantizer: Requantizer | SerialRequantizer, ends_word: Value
    ) -> None:
        """Make words of what leaves the requantizer."""
        place = Signal(range(LANES))
        earlier = Signal(8 * (LANES - 1))
        m.d.comb += self.word_valid.eq(
            requantizer.output_valid & ((place == LANES - 1) | ends_word)
        )
        with m.Switch(place):
            for lane in range(LANES):
                with m.Case(lane):
                    m.d.comb += [
                        self.word.data.eq(Cat(earlier[: 8 * lane], requantizer.output)),
                        self.word.mask.eq((2 << lane) - 1),
                    ]
        with m.If(requantizer.output_valid):
            m.d.sync += place.eq(Mux(self.word_valid, 0, place + 1))
            with m.Switch(place):
                for lane in range(LANES - 1):
                    with m.Case(lane):
                        m.d.sync += earlier.word_select(lane, 8).eq(requantizer.output)
