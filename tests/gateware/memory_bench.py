"""A memory port and its other side in Amaranth's simulator."""

from __future__ import annotations

__all__ = ["simulate_with_memory"]

from collections.abc import Awaitable, Callable
from typing import Any

from amaranth.hdl import Elaboratable, Module
from amaranth.sim import Simulator

from gateware.memory_responder import MemoryRequest, MemoryResponder

_REQUEST = ("cyc", "stb", "we", "adr", "dat_w", "sel", "cti", "bte")


def simulate_with_memory(
    part: Elaboratable,
    memory: Any,
    responder: MemoryResponder,
    bench: Callable[[Any], Awaitable[None]],
) -> None:
    """Run a test bench beside memory, and expect no breach of the port's rules.

    Parameters
    ----------
    memory
        The part's port.
    """
    m = Module()
    m.submodules.part = part

    async def answer(context: Any) -> None:
        while True:
            response = responder.respond()
            context.set(memory.ack, response.ack)
            context.set(memory.dat_r, response.dat_r)
            context.set(memory.err, response.err)
            await context.delay(0)
            values = {name: context.get(getattr(memory, name)) for name in _REQUEST}
            responder.observe(MemoryRequest(**values))
            await context.tick()

    simulator = Simulator(m)
    simulator.add_clock(1e-6)
    simulator.add_testbench(answer, background=True)
    simulator.add_testbench(bench)
    simulator.run()
    assert responder.problems == []
