"""Words on their way to memory."""

from __future__ import annotations

import re
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateware.memory_port import SparseMemory
from gateware.memory_responder import MemoryResponder
from gateware.parts.memory_writer import MemoryWriter
from tests.gateware.memory_bench import simulate_with_memory

_Written = list[tuple[int, int, int]]


def _write(
    writer: MemoryWriter,
    writes: _Written,
    *,
    seed: int | None = None,
    wait: float = 0.0,
    pause: float = 0.0,
    bursts: bool = True,
) -> tuple[SparseMemory, int]:
    """Write words (address, data, mask); return memory, and the cycles until all was written."""
    memory, random = SparseMemory(), Random(seed)
    cycles = 0

    async def bench(context: Any) -> None:
        nonlocal cycles
        waiting = list(writes)
        offered = False
        while True:
            offered = bool(waiting) and (offered or random.random() >= pause)
            context.set(writer.writes.valid, offered)
            if offered:
                address, data, mask = waiting[0]
                context.set(writer.writes.payload, {"address": address, "data": data, "mask": mask})
            await context.delay(0)
            if not waiting and context.get(writer.is_idle):
                return
            if offered and context.get(writer.writes.ready):
                del waiting[0]
                offered = False
            cycles += 1
            assert cycles < 10_000
            await context.tick()

    responder = MemoryResponder(memory, random=random, wait=wait, bursts=bursts)
    simulate_with_memory(writer, writer.memory, responder, bench)
    assert responder.transfers == len(writes)
    return memory, cycles


_RUNS = st.lists(
    st.tuples(st.integers(0, 60), st.lists(st.integers(0, 2**32 - 1), max_size=12)), max_size=4
)


@settings(max_examples=25)
@given(
    runs=_RUNS,
    burst=st.integers(1, 5),
    room=st.integers(0, 5),
    wait=st.sampled_from((0.0, 0.4)),
    pause=st.sampled_from((0.0, 0.6)),
    bursts=st.booleans(),
    seed=st.integers(0, 1000),
)
def test_all_is_written(
    runs: list[tuple[int, list[int]]],
    burst: int,
    room: int,
    wait: float,
    pause: float,
    bursts: bool,
    seed: int,
) -> None:
    masks = Random(seed)
    writes = [
        (4 * (start + index), word, masks.choice((0b1111, 0b1111, 0b0110, 0b0001)))
        for start, words in runs
        for index, word in enumerate(words)
    ]
    writer = MemoryWriter(burst_words=burst, buffer_words=room)
    memory, _ = _write(writer, writes, seed=seed, wait=wait, pause=pause, bursts=bursts)
    expected = SparseMemory()
    for address, word, mask in writes:
        expected.write_word(address, word, mask)
    assert memory.written == expected.written


@pytest.mark.parametrize(
    ("step", "bursts", "cycles"),
    [
        # Buffer and lookahead take four cycles; a burst of 16 words has one before and one after.
        (4, True, 4 + 4 * 18 - 1),
        (4, False, 4 + 4 * (2 * 16 + 1) - 1),
        (8, True, 4 + 4 * (2 * 16 + 1) - 1),
    ],
)
def test_cycles_of_64_words(step: int, bursts: bool, cycles: int) -> None:
    writes = [(step * index, index, 0b1111) for index in range(64)]
    assert _write(MemoryWriter(), writes, bursts=bursts)[1] == cycles


def test_burst_must_have_words() -> None:
    with pytest.raises(ValueError, match=re.escape("bursts of 0")):
        MemoryWriter(burst_words=0)
