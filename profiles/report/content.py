"""What a report tells of: runs, and what is known beside them."""

from __future__ import annotations

__all__ = ["MemoryUse", "Report", "ReportRun", "Step"]

import datetime
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Self

from firmware.model import Model
from profiles.advice import Advice
from profiles.compare import Comparison
from profiles.history import RunEntry
from profiles.profile import Profile


@dataclass(frozen=True)
class MemoryUse:
    """A memory of the board and what of the firmware is in it.

    Attributes
    ----------
    parts
        Bytes by what they hold.
    """

    name: str
    bytes: int
    parts: Mapping[str, int]


@dataclass(frozen=True)
class ReportRun:
    """A run in a report.

    Attributes
    ----------
    name
        In few characters, "12" or "fast.json".
    origin
        Where the profile is from, in words.
    command
        What runs the same again; empty if that is not known.
    advice
        `None` if the model is not at hand.
    memories
        Empty if the board's are not known.
    facts
        What else is known of it, by name, such as its git revision.
    """

    profile: Profile
    name: str
    origin: str
    command: str = ""
    advice: Advice | None = None
    memories: tuple[MemoryUse, ...] = ()
    facts: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Step:
    """A run of the project's history, as a step of its ladder.

    Attributes
    ----------
    is_shown
        Whether the report is about it.
    """

    number: int
    time: datetime.datetime
    title: str
    cycles: int
    is_bit_exact: bool
    provenance: str
    note: str = ""
    is_shown: bool = False

    @classmethod
    def of(cls, entry: RunEntry, *, is_shown: bool = False) -> Self:
        """Return the step that a run of a history is."""
        return cls(
            number=entry.number,
            time=entry.time,
            title=entry.label or entry.name,
            cycles=entry.cycles,
            is_bit_exact=entry.is_bit_exact,
            provenance=entry.provenance,
            note=f"board {entry.board}, CPU {entry.cpu}",
            is_shown=is_shown,
        )


@dataclass(frozen=True)
class Report:
    """What one page shows.

    Attributes
    ----------
    runs
        At least one. If there are several, the first is the baseline; the last is the one that
        is told of in depth.
    comparison
        Of all runs, `None` for one.
    model
        That of the runs, `None` if its file is not at hand.
    steps
        The project's runs of this model on this board and CPU, oldest first.
    notes
        What is missing, and why.
    """

    runs: tuple[ReportRun, ...]
    comparison: Comparison | None = None
    model: Model | None = None
    steps: tuple[Step, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def subject(self) -> ReportRun:
        return self.runs[-1]

    @property
    def title(self) -> str:
        profile = self.subject.profile
        return f"{profile.model.name} · {profile.title}"
