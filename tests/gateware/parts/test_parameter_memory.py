"""The parameter memory against its model: reading and writing at once."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest
from amaranth.sim import Simulator

from gateware.parts.parameter_memory import ChannelParameter, ParameterMemory, ParameterModel


@pytest.mark.parametrize("channels", [1, 6, 40])
def test_random_accesses(channels: int) -> None:
    part = ParameterMemory(channels=channels)
    random = Random(channels)
    model = ParameterModel()
    compared = 0

    async def bench(context: Any) -> None:
        nonlocal compared
        for _ in range(500):
            which = random.choice(list(ChannelParameter))
            data = {
                ChannelParameter.BIAS: random.randint(-(2**31), 2**31 - 1),
                ChannelParameter.MULTIPLIER: random.getrandbits(31),
                ChannelParameter.SHIFT: random.randint(-31, 30),
            }[which]
            writes, index = random.random() < 0.5, random.randrange(channels)
            channel = random.randrange(channels)
            context.set(part.writes, writes)
            context.set(part.which, which)
            context.set(part.index, index)
            context.set(part.data, data)
            context.set(part.channel, channel)
            await context.tick()
            if not (writes and index == channel):
                seen = tuple(map(context.get, (part.bias, part.multiplier, part.shift)))
                assert seen == model.read(channel)
                compared += 1
            if writes:
                model.write(which, index, data)

    simulator = Simulator(part)
    simulator.add_clock(1e-6)
    simulator.add_testbench(bench)
    simulator.run()
    assert compared > 200
    assert len(model.channels) == channels


def test_there_must_be_channels() -> None:
    with pytest.raises(ValueError, match="at least 1 channel, not 0"):
        ParameterMemory(channels=0)
