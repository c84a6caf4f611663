"""The parameters of a layer's output channels: bias, multiplier and shift."""

from __future__ import annotations

__all__ = ["EXAMPLES", "ChannelParameter", "ParameterMemory", "ParameterModel"]

import enum
from dataclasses import dataclass, field
from typing import ClassVar

from amaranth.hdl import Module, signed
from amaranth.lib import memory, wiring
from amaranth.lib.wiring import In, Out

from gateware.part_examples import PartExample


class ChannelParameter(enum.IntEnum):
    """What is kept of a channel; the values are those of `ParameterMemory.which`."""

    BIAS = 0
    MULTIPLIER = 1
    SHIFT = 2


_SHAPES = {
    ChannelParameter.BIAS: signed(32),
    ChannelParameter.MULTIPLIER: 31,
    ChannelParameter.SHIFT: signed(6),
}


@dataclass
class ParameterModel:
    """What `ParameterMemory` keeps: channel -> (bias, multiplier, shift)."""

    channels: dict[int, tuple[int, int, int]] = field(default_factory=dict)

    def write(self, which: ChannelParameter, index: int, data: int) -> None:
        """Set one parameter of a channel."""
        values = list(self.read(index))
        values[which.value] = data
        self.channels[index] = (values[0], values[1], values[2])

    def read(self, index: int) -> tuple[int, int, int]:
        """Return bias, multiplier and shift."""
        return self.channels.get(index, (0, 0, 0))


class ParameterMemory(wiring.Component):
    """Block RAM that gives all parameters of one channel in every cycle.

    Parameters
    ----------
    channels
        How many it has room for.

    Members
    -------
    writes : `In(1)`
        Write `data` as parameter `which` of channel `index`.
    which : `In(ChannelParameter)`
    index : `In(range(channels))`
    data : `In(signed(32))`
        A multiplier (0 to 2**31 - 1) or a shift (-31 to 30) is in its lowest bits.
    channel : `In(range(channels))`
        What to read. A channel that is written in the same cycle reads as anything.
    bias : `Out(signed(32))`
    multiplier : `Out(31)`
    shift : `Out(signed(6))`
        Of the `channel` that was given `latency` cycles earlier.

    Raises
    ------
    ValueError
        If there are no channels.
    """

    latency: ClassVar[int] = 1

    def __init__(self, *, channels: int = 256) -> None:
        if channels < 1:
            raise ValueError(f"there must be at least 1 channel, not {channels}")
        self.channels = channels
        super().__init__(
            {
                "writes": In(1),
                "which": In(ChannelParameter),
                "index": In(range(channels)),
                "data": In(signed(32)),
                "channel": In(range(channels)),
                "bias": Out(_SHAPES[ChannelParameter.BIAS]),
                "multiplier": Out(_SHAPES[ChannelParameter.MULTIPLIER]),
                "shift": Out(_SHAPES[ChannelParameter.SHIFT]),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        outputs = {
            ChannelParameter.BIAS: self.bias,
            ChannelParameter.MULTIPLIER: self.multiplier,
            ChannelParameter.SHIFT: self.shift,
        }
        for which, output in outputs.items():
            m.submodules[which.name.lower()] = store = memory.Memory(
                shape=_SHAPES[which],
                depth=self.channels,
                init=[],
                attrs={"no_rw_check": 1},  # saves a bypass for what reads as anything
            )
            write, read = store.write_port(), store.read_port()
            m.d.comb += [
                write.addr.eq(self.index),
                write.data.eq(self.data),
                write.en.eq(self.writes & (self.which == which)),
                read.addr.eq(self.channel),
                output.eq(read.data),
            ]
        return m


EXAMPLES = tuple(PartExample(ParameterMemory, channels=channels) for channels in (64, 256, 1024))
