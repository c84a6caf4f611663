"""The timing of memory in test benches, which is that of LiteX's block RAM."""

from __future__ import annotations

import pytest

from gateware.memory_port import BURST, BURST_END, SparseMemory
from gateware.memory_responder import MemoryRequest, MemoryResponder


def _acknowledged(responder: MemoryResponder, requests: list[MemoryRequest]) -> list[int]:
    """Return in which cycles requests, each kept until its acknowledgement, are acknowledged."""
    cycles, cycle = [], 0
    for request in requests:
        while True:
            response = responder.respond()
            responder.observe(request)
            cycle += 1
            if response.ack:
                cycles.append(cycle - 1)
                break
    return cycles


def _reads(count: int, *, burst: bool) -> list[MemoryRequest]:
    return [
        MemoryRequest(
            cyc=1, stb=1, adr=index, cti=BURST if burst and index < count - 1 else BURST_END
        )
        for index in range(count)
    ]


@pytest.mark.parametrize(
    ("burst", "memory_bursts", "cycles"),
    [(True, True, [1, 2, 3, 4]), (False, True, [1, 3, 5, 7]), (True, False, [1, 3, 5, 7])],
)
def test_cycles(*, burst: bool, memory_bursts: bool, cycles: list[int]) -> None:
    responder = MemoryResponder(SparseMemory(), bursts=memory_bursts)
    assert _acknowledged(responder, _reads(4, burst=burst)) == cycles
    assert responder.problems == []
    assert responder.transfers == 4


def test_writes_are_done_when_they_are_acknowledged() -> None:
    memory = SparseMemory()
    responder = MemoryResponder(memory)
    write = MemoryRequest(cyc=1, stb=1, we=1, adr=5, dat_w=0x1234, sel=0b1111, cti=BURST_END)
    responder.observe(write)
    assert not memory.written
    assert responder.respond().ack
    responder.observe(write)
    assert memory.written == {20: 0x1234}


@pytest.mark.parametrize(
    ("requests", "problem"),
    [
        ([MemoryRequest(stb=1)], "`stb` is high while `cyc` is low"),
        ([MemoryRequest(cyc=1, stb=1), MemoryRequest(cyc=1)], "before it was acknowledged"),
        (
            [*[MemoryRequest(cyc=1, stb=1, adr=1, cti=BURST)] * 2, MemoryRequest(cyc=1, stb=1)],
            "a burst promised word 0x2 and went on with 0x0",
        ),
        (
            [*[MemoryRequest(cyc=1, stb=1, adr=1, cti=BURST)] * 2, MemoryRequest()],
            "a burst promised word 0x2 and then asked for none",
        ),
    ],
)
def test_breaches_of_the_rules_are_told(requests: list[MemoryRequest], problem: str) -> None:
    responder = MemoryResponder(SparseMemory())
    for request in requests:
        responder.observe(request)
    assert len(responder.problems) == 1
    assert problem in responder.problems[0]
