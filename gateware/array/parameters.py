"""Adding a channel's bias to its sum, and finding its multiplier and shift."""

from __future__ import annotations

__all__ = ["BiasedSums", "CompactBiasedSums"]

from amaranth.hdl import Cat, Module, Signal, signed
from amaranth.lib import memory, wiring
from amaranth.lib.wiring import In, Out

from gateware.array.loader import LocalWrites
from gateware.array.sizes import ArraySizes
from gateware.parts.parameter_memory import ChannelParameter, ParameterMemory


class _Signature(wiring.Signature):
    def __init__(self, sizes: ArraySizes) -> None:
        super().__init__(
            {
                "writes": In(LocalWrites(sizes)),
                "channel": In(range(sizes.channels)),
                "sum": In(signed(32)),
                "sum_valid": In(1),
                "biased": Out(signed(32)),
                "biased_valid": Out(1),
                "multiplier": Out(31),
                "shift": Out(signed(6)),
            }
        )


class BiasedSums(wiring.Component):
    """Hold the parameters of all channels, and apply those of one every cycle.

    Members
    -------
    writes : `In(LocalWrites)`
    channel : `In(range(channels))`
    sum : `In(signed(32))`
    sum_valid : `In(1)`
        Whether `sum` is the channel's, in this cycle.
    biased : `Out(signed(32))`
        The sum of two cycles before with its bias.
    biased_valid : `Out(1)`
    multiplier : `Out(31)`
    shift : `Out(signed(6))`
        Of the same channel, in the same cycle.
    """

    def __init__(self, sizes: ArraySizes) -> None:
        self._sizes = sizes
        super().__init__(_Signature(sizes))

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.submodules.parameters = parameters = ParameterMemory(channels=self._sizes.channels)
        writes = self.writes
        value = Signal(signed(32), reset_less=True)
        valid = Signal()
        with m.If(writes.multipliers):
            m.d.comb += parameters.which.eq(ChannelParameter.MULTIPLIER)
        with m.Elif(writes.shifts):
            m.d.comb += parameters.which.eq(ChannelParameter.SHIFT)
        m.d.comb += [
            parameters.writes.eq(writes.biases | writes.multipliers | writes.shifts),
            parameters.index.eq(writes.address),
            parameters.data.eq(writes.word),
            parameters.channel.eq(self.channel),
        ]
        m.d.sync += [
            value.eq(self.sum),
            valid.eq(self.sum_valid),
            self.biased.eq(value + parameters.bias),
            self.biased_valid.eq(valid),
            self.multiplier.eq(parameters.multiplier),
            self.shift.eq(parameters.shift),
        ]
        return m


class CompactBiasedSums(wiring.Component):
    """The same in fewer cells and block RAMs, for one sum every three cycles at most.

    Members are those of `BiasedSums`, but `channel` must not change in the cycle before
    `sum_valid`, and `biased` comes one cycle after it.
    """

    def __init__(self, sizes: ArraySizes) -> None:
        self._sizes = sizes
        super().__init__(_Signature(sizes))

    def elaborate(self, platform: object) -> Module:
        m = Module()
        writes, channels = self.writes, self._sizes.channels
        # Biases are at even places, multipliers behind them.
        factors = memory.Memory(shape=32, depth=2 * channels, init=[], attrs={"no_rw_check": 1})
        shifts = memory.Memory(shape=6, depth=channels, init=[], attrs={"no_rw_check": 1})
        m.submodules.factors, m.submodules.shifts = factors, shifts
        write, read = factors.write_port(), factors.read_port()
        shift_write, shift_read = shifts.write_port(), shifts.read_port()
        index = writes.address[: (channels - 1).bit_length()]
        m.d.comb += [
            write.addr.eq(Cat(writes.multipliers, index)),
            write.data.eq(writes.word),
            write.en.eq(writes.biases | writes.multipliers),
            # The multiplier is read while the bias is being added.
            read.addr.eq(Cat(self.sum_valid, self.channel)),
            shift_write.addr.eq(index),
            shift_write.data.eq(writes.word),
            shift_write.en.eq(writes.shifts),
            shift_read.addr.eq(self.channel),
            self.multiplier.eq(read.data),
            self.shift.eq(shift_read.data.as_signed()),
        ]
        m.d.sync += [
            self.biased.eq(self.sum + read.data.as_signed()),
            self.biased_valid.eq(self.sum_valid),
        ]
        return m
