"""What synthesis and place-and-route made of a design."""

from __future__ import annotations

__all__ = [
    "Clock",
    "CriticalPath",
    "PathEnd",
    "Provenance",
    "Resource",
    "ResourceKind",
    "Split",
    "SynthReport",
]

import enum
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

Count = Annotated[int, Field(ge=0)]
Seconds = Annotated[float, Field(ge=0, allow_inf_nan=False)]


class Provenance(enum.StrEnum):
    """Which step counted or timed."""

    SYNTHESIS = "synthesis"  # Yosys, before placement
    POST_ROUTE = "post-route"  # nextpnr, after routing


class ResourceKind(enum.StrEnum):
    """What an FPGA has a limited number of."""

    LOGIC_CELLS = "logic cells"  # places for a LUT, carry logic included
    LUT = "LUT"
    FF = "FF"
    BRAM = "BRAM"
    DSP = "DSP"
    SPRAM = "SPRAM"


class _Value(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


class Split(_Value):
    """A count by part of the system."""

    soc: Count = 0
    """Buses, memories, peripherals: all that is in neither CPU nor CFU."""
    cpu: Count = 0
    cfu: Count = 0

    @property
    def total(self) -> int:
        return self.soc + self.cpu + self.cfu


class Resource(_Value):
    """How much of something the design needs."""

    kind: ResourceKind
    cell: str
    """What the tool that counted calls it: "ICESTORM_LC"."""
    split: Split
    available: Count | None
    """Of the device; `None` where the tool that counted does not say."""
    provenance: Provenance

    @property
    def used(self) -> int:
        return self.split.total


class Clock(_Value):
    """A clock and how fast it may be."""

    net: str
    achieved_hz: Annotated[float, Field(gt=0, allow_inf_nan=False)]
    required_hz: Annotated[float, Field(gt=0, allow_inf_nan=False)]

    @property
    def is_met(self) -> bool:
        return self.achieved_hz >= self.required_hz


class PathEnd(_Value):
    """Where a timing path begins or ends."""

    name: str
    """Register, memory or DSP block, with the modules it is in: "VexRiscv.execute_RS1"."""
    part: str
    """ "SoC", "CPU" or "CFU". """


class CriticalPath(_Value):
    """The slowest path between registers of the clock that has least to spare."""

    clock: str
    start: PathEnd
    end: PathEnd
    delay_ns: Annotated[float, Field(ge=0)]
    parts: tuple[str, ...]
    """The parts it passes through, in this order: ("CPU", "CFU", "CPU")."""


class SynthReport(_Value):
    """Area and speed of a design on a device."""

    device: str
    """LiteX's name, "ice40-up5k-sg48"."""
    board: str
    cpu: str | None
    """`None` when the CFU was synthesized by itself."""
    cfu: str
    cfu_digest: str
    resources: tuple[Resource, ...]
    clocks: tuple[Clock, ...] = ()
    """Empty when nothing was placed."""
    critical_path: CriticalPath | None = None
    seed: int | None = None
    """Of the placement that was taken."""
    seeds_tried: tuple[int, ...] = ()
    wall_seconds: Mapping[str, Seconds]
    """By tool, when it ran; a step read from the cache has the time it took then."""
    processor_seconds: Mapping[str, Seconds]
    """Time for which each tool kept processors busy, whatever else the machine was doing."""
    peak_bytes: Mapping[str, Count]
    """Largest resident memory by tool."""
    tools: Mapping[str, str]
    """Version of each tool."""
    bitstream: Path | None = None

    @property
    def timing_met(self) -> bool | None:
        """Whether every clock is met; `None` if nothing was placed."""
        return all(clock.is_met for clock in self.clocks) if self.clocks else None

    @property
    def fmax_hz(self) -> float | None:
        """Of the clock with least to spare; `None` if nothing was placed."""
        tight = self.tightest_clock
        return tight.achieved_hz if tight is not None else None

    @property
    def tightest_clock(self) -> Clock | None:
        """The clock that has least to spare, relative to what it needs."""
        return min(self.clocks, key=lambda c: c.achieved_hz / c.required_hz, default=None)

    @property
    def provenance(self) -> Provenance:
        """Of the last step that was made."""
        return Provenance.POST_ROUTE if self.clocks else Provenance.SYNTHESIS

    def resource(self, kind: ResourceKind) -> Resource | None:
        """Return the first resource of a kind, if the device has any."""
        return next((each for each in self.resources if each.kind is kind), None)
