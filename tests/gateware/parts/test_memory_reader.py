"""Blocks of memory as streams."""

from __future__ import annotations

import re
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateware.memory_port import SparseMemory
from gateware.memory_responder import MemoryResponder
from gateware.parts.memory_reader import MemoryReader
from tests.gateware.memory_bench import simulate_with_memory


def _read(
    reader: MemoryReader,
    blocks: list[tuple[int, int]],
    *,
    seed: int | None = None,
    wait: float = 0.0,
    stall: float = 0.0,
    bursts: bool = True,
) -> tuple[list[int], int]:
    """Return the words of blocks (address, words), and the cycles until the reader was idle."""
    memory, random = SparseMemory(), Random(seed)
    words: list[int] = []
    cycles = 0

    async def bench(context: Any) -> None:
        nonlocal cycles
        waiting = list(blocks)
        while True:
            context.set(reader.command.valid, bool(waiting))
            if waiting:
                address, count = waiting[0]
                context.set(reader.command.payload, {"address": address, "words": count})
            context.set(reader.words.ready, random.random() >= stall)
            await context.delay(0)
            if not waiting and context.get(reader.is_idle):
                return
            if waiting and context.get(reader.command.ready):
                del waiting[0]
            if context.get(reader.words.valid) and context.get(reader.words.ready):
                words.append(context.get(reader.words.payload))
            cycles += 1
            assert cycles < 10_000
            await context.tick()

    responder = MemoryResponder(memory, random=random, wait=wait, bursts=bursts)
    simulate_with_memory(reader, reader.memory, responder, bench)
    return words, cycles


def _words(address: int, count: int) -> list[int]:
    return [SparseMemory().read_word((address & ~3) + 4 * i) for i in range(count)]


@settings(max_examples=25)
@given(
    blocks=st.lists(st.tuples(st.integers(0, 2**31), st.integers(0, 40)), min_size=1, max_size=3),
    burst=st.integers(1, 8),
    room=st.integers(0, 9),
    wait=st.sampled_from((0.0, 0.4)),
    stall=st.sampled_from((0.0, 0.6)),
    bursts=st.booleans(),
    seed=st.integers(0, 1000),
)
def test_words_arrive_in_order(
    blocks: list[tuple[int, int]],
    burst: int,
    room: int,
    wait: float,
    stall: float,
    bursts: bool,
    seed: int,
) -> None:
    reader = MemoryReader(burst_words=burst, buffer_words=burst + room)
    words, _ = _read(reader, blocks, seed=seed, wait=wait, stall=stall, bursts=bursts)
    assert words == [word for block in blocks for word in _words(*block)]


def test_without_buffer_words_come_when_they_are_acknowledged() -> None:
    reader = MemoryReader(burst_words=4, buffer_words=0)
    words, _ = _read(reader, [(0x4000_0004, 11)], seed=1, wait=0.5)
    assert words == _words(0x4000_0004, 11)


@pytest.mark.parametrize(
    ("buffer_words", "bursts", "cycles"),
    [
        # The command's cycle, four bursts of 16 words with a cycle before and one after each, and
        # the register's cycle.
        (0, True, 1 + 4 * 18 - 1 + 1),
        (0, False, 1 + 4 * (2 * 16 + 1) - 1 + 1),
        # The register's and the buffer's cycles; the buffer has room for each burst at once.
        (32, True, 1 + 4 * 18 - 1 + 3),
    ],
)
def test_cycles_of_64_words(buffer_words: int, bursts: bool, cycles: int) -> None:
    reader = MemoryReader(burst_words=16, buffer_words=buffer_words)
    assert _read(reader, [(0, 64)], bursts=bursts) == (_words(0, 64), cycles)


def test_buffer_must_hold_a_burst() -> None:
    with pytest.raises(ValueError, match=re.escape("a buffer of 8 has no room for 16 words")):
        MemoryReader(buffer_words=8)
