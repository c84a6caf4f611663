"""Where each layer's cycles went, as simulators tell it."""

from __future__ import annotations

__all__ = ["Cause", "Event", "LayerSplit", "layer_splits"]

import enum
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from firmware.elf import Elf

Cycles = Mapping["Cause", int]


class Cause(enum.StrEnum):
    """What a cycle went to, in the order of `harness/causes.h`."""

    ISSUED = "issued"
    """An instruction was issued."""
    INSTRUCTION_MISS = "instruction_miss"
    """The instruction cache fetched a line."""
    DATA_MISS = "data_miss"
    """The data cache fetched a line."""
    STORE = "store"
    """A store waited for the bus."""
    UNCACHED = "uncached"
    """An access past the data cache, or without one, waited for the bus."""
    CONTENTION = "contention"
    """A line of instructions waited for the bus while something else had it."""
    LOAD_USE = "load_use"
    """An operand was still being loaded."""
    HAZARD = "hazard"
    """An operand was still being computed."""
    BRANCH = "branch"
    """What was fetched behind a jump was thrown away."""
    ARITHMETIC = "arithmetic"
    """A product, a quotient or a shift was being computed."""
    CFU = "cfu"
    """The CFU was waited for."""
    OTHER = "other"
    """Exceptions, status registers, flushes of caches."""


class Event(enum.StrEnum):
    """What is counted besides, in the order of `harness/causes.h`."""

    LOAD = "loads"
    LOAD_MISS = "load_misses"
    """Lines that the data cache fetched."""
    STORE = "stores"
    INSTRUCTION_MISS = "instruction_misses"
    """Lines that the instruction cache fetched."""
    JUMP = "jumps"
    """Jumps and branches that were not predicted as they went."""
    CFU = "cfu_commands"


@dataclass(frozen=True)
class LayerSplit:
    """A layer's cycles by what they went to.

    Attributes
    ----------
    cycles
        They add up to a few more than the layer's own, since reading the counters is among them.
    cfu
        Commands by function: funct7 times 8, and funct3.
    functions
        The same cycles by the function that the CPU was in; "" stands for none.
    """

    cycles: Cycles
    events: Mapping[Event, int]
    cfu: Mapping[int, int]
    functions: Mapping[str, Cycles]


def layer_splits(lines: Iterable[str], elf: Elf) -> tuple[LayerSplit, ...]:
    """Return the splits in a file that a simulator wrote for `--why`, in order of execution.

    Parameters
    ----------
    elf
        The program that ran, for the functions' names.
    """
    layers: list[LayerSplit] = []
    for line in lines:
        kind, *words = line.split()
        values = [int(word) for word in words]
        if kind == "layer":
            cfu: dict[int, int] = {}
            functions: dict[str, Cycles] = {}
            continue
        match kind:
            case "causes":
                cycles = dict(zip(Cause, values, strict=True))
            case "events":
                events = dict(zip(Event, values, strict=True))
                layers.append(LayerSplit(cycles, events, cfu, functions))
            case "cfu":
                cfu[values[0]] = values[1]
            case "pc":
                name = elf.function_at(values[0]) or ""
                before = functions.get(name, {})
                functions[name] = {
                    cause: before.get(cause, 0) + count
                    for cause, count in zip(Cause, values[1:], strict=True)
                }
    return tuple(layers)
