"""A memory with two sides."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest
from amaranth.hdl import Module
from amaranth.sim import Simulator

from gateware.parts.scratchpad import Scratchpad

_WORDS = 16


def _merged(old: int, new: int, mask: int) -> int:
    bits = sum(0xFF << 8 * lane for lane in range(4) if mask >> lane & 1)
    return old & ~bits | new & bits


def test_both_sides_see_what_either_writes() -> None:
    pad, random = Scratchpad(4 * _WORDS), Random(5)
    m = Module()
    m.submodules.pad = pad
    expected = [0] * _WORDS
    reads = {"cpu": 0, "cfu": 0}

    async def bench(context: Any) -> None:
        bus, asked, written, waited = pad.bus, None, None, 0
        for _ in range(2000):
            # The CFU: a read of any word, and a write of another one than the CPU is at.
            address, to = random.randrange(_WORDS), random.randrange(_WORDS)
            mask = random.choice((0, 0, 0b1111, 0b0100))
            if asked is None and random.random() < 0.7:
                asked = (random.randrange(_WORDS), random.random() < 0.5, random.getrandbits(32))
                waited = 0
            if asked is not None and (to == asked[0] or address == asked[0]):
                mask, address = 0, (asked[0] + 1) % _WORDS
            if address == to:
                mask = 0
            data = random.getrandbits(32)
            context.set(pad.address, address)
            context.set(pad.write_address, to)
            context.set(pad.write_word, data)
            context.set(pad.mask, mask)
            context.set(bus.cyc, asked is not None)
            context.set(bus.stb, asked is not None)
            if asked is not None:
                context.set(bus.adr, asked[0])
                context.set(bus.we, asked[1])
                context.set(bus.dat_w, asked[2])
                context.set(bus.sel, 0b0111)
            if written is not None:
                assert context.get(pad.word) == written
                reads["cfu"] += 1
            written = expected[address]
            if context.get(bus.ack):
                assert asked is not None
                if asked[1]:
                    expected[asked[0]] = _merged(expected[asked[0]], asked[2], 0b0111)
                else:
                    assert context.get(bus.dat_r) == expected[asked[0]]
                    reads["cpu"] += 1
                asked = None
            else:
                waited += 1
                assert waited < 30
            expected[to] = _merged(expected[to], data, mask)
            await context.tick()

    simulator = Simulator(m)
    simulator.add_clock(1e-6)
    simulator.add_testbench(bench)
    simulator.run()
    assert reads["cpu"] > 200
    assert reads["cfu"] > 1000


@pytest.mark.parametrize("size_bytes", [0, 8, 1000, 1 << 21])
def test_sizes_are_powers_of_two(size_bytes: int) -> None:
    with pytest.raises(ValueError, match=f"a scratchpad of {size_bytes} bytes is none"):
        Scratchpad(size_bytes)
