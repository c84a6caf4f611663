"""Memory at the port of a CFU that is checked, and what is said of it in the end."""

from __future__ import annotations

__all__ = ["MemoryBench", "MemoryOutcome", "compare_memories", "memory_of"]

from collections.abc import Mapping
from dataclasses import dataclass
from random import Random
from typing import Any

from gateware.memory_port import SparseMemory
from gateware.memory_responder import MemoryRequest, MemoryResponder, MemoryResponse
from gateware.model import CfuModel, Model
from gateware.stimulus import StimulusPlan

_QUIET_CYCLES = 64
_WAIT = 0.25


@dataclass(frozen=True)
class MemoryOutcome:
    """What a CFU did with its memory port.

    Attributes
    ----------
    problems
        What it did against the rules of the bus, a line each.
    transfers
        Number of words read and written.
    written
        Words written, by byte address.
    """

    problems: tuple[str, ...]
    transfers: int
    written: Mapping[int, int]

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> MemoryOutcome:
        """Return the outcome whose `dataclasses.asdict` has been through JSON."""
        written = {int(address): value for address, value in values["written"].items()}
        return cls(tuple(values["problems"]), values["transfers"], written)


class MemoryBench:
    """Memory with random waiting times, all of it a `SparseMemory`.

    Parameters
    ----------
    plan
        Of the check; its seed decides the waiting times, too.
    """

    def __init__(self, plan: StimulusPlan) -> None:
        self._memory = SparseMemory()
        self._responder = MemoryResponder(self._memory, random=Random(plan.seed), wait=_WAIT)
        self._patience = plan.patience_cycles
        self._quiet_cycles = 0
        self._late_cycles = 0

    def respond(self) -> MemoryResponse:
        """Return the answer of the next cycle."""
        return self._responder.respond()

    def observe(self, request: MemoryRequest, *, is_late: bool) -> None:
        """Take note of the request of that cycle.

        Parameters
        ----------
        is_late
            Whether all commands are answered already.
        """
        self._responder.observe(request)
        self._quiet_cycles = 0 if request.cyc else self._quiet_cycles + 1
        self._late_cycles += is_late

    @property
    def is_done(self) -> bool:
        """Whether nothing is to be expected any more, after the last command is answered."""
        return min(self._quiet_cycles, self._late_cycles) >= _QUIET_CYCLES or self._is_endless

    @property
    def _is_endless(self) -> bool:
        return self._late_cycles > self._patience + _QUIET_CYCLES

    def outcome(self) -> MemoryOutcome:
        """Return what happened."""
        problems = list(self._responder.problems)
        if self._is_endless:
            problems.append("the memory port is never idle although every command is answered")
        return MemoryOutcome(tuple(problems), self._responder.transfers, dict(self._memory.written))


def memory_of(model: Model | None) -> SparseMemory | None:
    """Return the memory that a model reads and writes, if it can be compared.

    It is the attribute `memory`: of the state of a CFU in Amaranth, of the model of one in Verilog.
    """
    owner = model.state if isinstance(model, CfuModel) else model
    memory = getattr(owner, "memory", None)
    return memory if isinstance(memory, SparseMemory) else None


def compare_memories(written: Mapping[int, int], expected: Mapping[int, int]) -> tuple[str, ...]:
    """Return what differs between what hardware wrote and what its model wrote, a line each.

    Parameters
    ----------
    written, expected
        Words written by byte address, to memories that were alike before.
    """
    hardware, model = SparseMemory(), SparseMemory()
    for memory, words in ((hardware, written), (model, expected)):
        for address, word in words.items():
            memory.write_word(address, word)
    return tuple(
        f"memory at {address:#010x} ends as {hardware.read_word(address):#010x}, "
        f"expected {model.read_word(address):#010x}"
        for address in sorted({*written, *expected})
        if hardware.read_word(address) != model.read_word(address)
    )
