"""Parts that share a memory port."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest
from amaranth.hdl import Module
from amaranth.lib import wiring
from amaranth.lib.wiring import Out

from gateware.memory_port import MemoryPort, SparseMemory
from gateware.memory_responder import MemoryResponder
from gateware.parts.memory_arbiter import MemoryArbiter
from gateware.parts.memory_reader import MemoryReader
from tests.gateware.memory_bench import simulate_with_memory

_READERS = 3


class _Readers(wiring.Component):
    def __init__(self) -> None:
        self.readers = [MemoryReader(burst_words=4, buffer_words=8) for _ in range(_READERS)]
        super().__init__({"memory": Out(MemoryPort())})

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.submodules.arbiter = arbiter = MemoryArbiter(_READERS)
        for index, reader in enumerate(self.readers):
            m.submodules[f"reader_{index}"] = reader
            wiring.connect(m, reader.memory, arbiter.parts[index])
        wiring.connect(m, arbiter.memory, wiring.flipped(self.memory))
        return m


def test_each_part_gets_its_own_words_and_nobody_starves() -> None:
    parts, memory = _Readers(), SparseMemory()
    words: list[list[int]] = [[] for _ in range(_READERS)]
    lengths_after_first = []

    async def bench(context: Any) -> None:
        for index, reader in enumerate(parts.readers):
            context.set(reader.words.ready, 1)
            context.set(reader.command.payload, {"address": 0x1000 * index, "words": 40})
            context.set(reader.command.valid, 1)
        await context.tick()
        for reader in parts.readers:
            context.set(reader.command.valid, 0)
        while not all(context.get(reader.is_idle) for reader in parts.readers):
            for index, reader in enumerate(parts.readers):
                if context.get(reader.words.valid):
                    words[index].append(context.get(reader.words.payload))
            if len(words[0]) == 40 and not lengths_after_first:
                lengths_after_first.extend(map(len, words))
            await context.tick()

    responder = MemoryResponder(memory, random=Random(1), wait=0.3)
    simulate_with_memory(parts, parts.memory, responder, bench)
    for index in range(_READERS):
        expected = [memory.read_word(0x1000 * index + 4 * word) for word in range(40)]
        assert words[index] == expected
    assert min(lengths_after_first) >= 40 - 2 * 4


def test_an_arbiter_has_parts() -> None:
    with pytest.raises(ValueError, match="an arbiter among 0 parts is none"):
        MemoryArbiter(0)
