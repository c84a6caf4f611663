"""What a search makes small, and what it keeps within limits."""

from __future__ import annotations

__all__ = ["OBJECTIVES", "Goal", "Limits", "Measured", "Objective", "find_objectives"]

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from playground.names import nearest
from toolchain import PlaygroundError

_DSP_AS_CELLS = 50
_RAM_AS_CELLS = 100


@dataclass(frozen=True)
class Measured:
    """What is known of a design.

    Attributes
    ----------
    cycles
        Of one inference.
    provenance
        Of the cycles: "fast" or "rtl".
    simulator
        Its name and version.
    cells, dsp, ram
        Of CPU and CFU, estimated by `soc.synthesis.estimate`; with limits that come from a board,
        or if asked for, of the whole system.
    fmax_hz
        Of the whole system after place and route; None if it was not asked for.
    """

    cycles: int
    provenance: str
    simulator: str
    cells: int
    dsp: int
    ram: int
    fmax_hz: float | None = None

    @property
    def milliseconds(self) -> float | None:
        """Cycles by the clock that the system reaches."""
        return None if self.fmax_hz is None else self.cycles / self.fmax_hz * 1e3

    @property
    def energy(self) -> float:
        """A proxy for the energy of an inference: cycles times area, in millions.

        All of a synchronous circuit is clocked in every cycle, so that what an inference takes
        grows with both. A DSP block counts as 50 cells, a block RAM as 100. It ranks designs on
        one FPGA; it is no number of joules.
        """
        area = self.cells + _DSP_AS_CELLS * self.dsp + _RAM_AS_CELLS * self.ram
        return self.cycles * area / 1e6


@dataclass(frozen=True)
class Objective:
    """Something to make small.

    Attributes
    ----------
    unit
        As a table's head has it.
    digits
        Behind the point.
    needs_clock
        Whether the system has to be placed and routed for it, which takes a minute or two.
    """

    name: str
    title: str
    value: Callable[[Measured], float | None]
    digits: int = 0
    needs_clock: bool = False

    def of(self, measured: Measured) -> float:
        """Return the value of a design.

        Raises
        ------
        ValueError
            If it was not measured.
        """
        value = self.value(measured)
        if value is None:
            raise ValueError(f"{self.name} was not measured")
        return float(value)

    def text(self, measured: Measured) -> str:
        """Return the value of a design for people."""
        return f"{self.of(measured):,.{self.digits}f}"


OBJECTIVES: Mapping[str, Objective] = {
    objective.name: objective
    for objective in (
        Objective("cycles", "cycles", lambda m: m.cycles),
        Objective("cells", "cells", lambda m: m.cells),
        Objective("dsp", "DSP", lambda m: m.dsp),
        Objective("ram", "RAM", lambda m: m.ram),
        Objective("milliseconds", "ms", lambda m: m.milliseconds, digits=3, needs_clock=True),
        Objective("energy", "energy proxy", lambda m: m.energy, digits=1),
    )
}


@dataclass(frozen=True)
class Limits:
    """What designs may take at most; None where there is no limit.

    Attributes
    ----------
    board
        Whose FPGA the limits are of; they are for the whole system then, and for CPU and CFU else.
    """

    cells: int | None = None
    dsp: int | None = None
    ram: int | None = None
    board: str | None = None

    def excess(self, measured: Measured) -> Mapping[str, int]:
        """Return by how much a design is over each limit; 0 or less if it is within."""
        limits = {"cells": self.cells, "dsp": self.dsp, "ram": self.ram}
        return {
            name: getattr(measured, name) - limit
            for name, limit in limits.items()
            if limit is not None
        }

    def allow(self, measured: Measured) -> bool:
        """Tell whether a design is within all limits."""
        return all(over <= 0 for over in self.excess(measured).values())

    def __str__(self) -> str:
        limits = {"cells": self.cells, "DSP": self.dsp, "RAM": self.ram}
        parts = [f"at most {limit:,} {name}" for name, limit in limits.items() if limit is not None]
        board = [f"fits `{self.board}`"] if self.board else []
        return ", ".join([*board, *parts])


@dataclass(frozen=True)
class Goal:
    """What a search is after."""

    objectives: tuple[Objective, ...]
    limits: Limits

    def values(self, measured: Measured) -> tuple[float, ...]:
        """Return the value of each objective."""
        return tuple(objective.of(measured) for objective in self.objectives)

    def dominates(self, one: Measured, other: Measured) -> bool:
        """Tell whether one design is nowhere worse than another, and somewhere better."""
        ours, theirs = self.values(one), self.values(other)
        return ours != theirs and all(a <= b for a, b in zip(ours, theirs, strict=True))


def find_objectives(names: Sequence[str]) -> tuple[Objective, ...]:
    """Return the objectives of some names.

    Raises
    ------
    PlaygroundError
        If there is none of a name, with the nearest there is, or one is named twice.
    """
    for name in names:
        if name not in OBJECTIVES:
            meant = nearest(name, OBJECTIVES)
            raise PlaygroundError(
                f"there is no objective `{name}`",
                hint=(f"did you mean `{meant}`? " if meant else "")
                + f"objectives: {', '.join(OBJECTIVES)}",
            )
    if len(set(names)) != len(names):
        raise PlaygroundError(
            f"an objective is named twice: {', '.join(names)}", hint="name it once"
        )
    return tuple(OBJECTIVES[name] for name in names)
