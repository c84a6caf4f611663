"""What every simulator takes and gives."""

from __future__ import annotations

__all__ = [
    "InferenceResult",
    "Progress",
    "RunRequest",
    "RunResult",
    "Simulator",
    "TensorSnapshot",
]

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from firmware.image import FirmwareImage
from firmware.protocol import LayerRecord
from sim.cycle_split import LayerSplit
from sim.timeline import Timeline, TimelineRequest

Progress = Callable[[int, int], None]
"""Called with the count of layers that have ended, over all inferences, and simulated cycles."""


@dataclass(frozen=True)
class RunRequest:
    """Inferences to run in one session.

    Attributes
    ----------
    inferences
        For each inference the raw bytes of each of the model's inputs.
    max_cycles
        When an inference has taken so many clock cycles, the run ends as a failure.
    stall_cycles
        So does it when no instruction ended for so long. LiteX's bus gives up an access to where
        nothing is after a million cycles, a cache line's after eight.
    expected
        For each inference the bytes that each tensor should hold right after its layer, by index.
        What it says spares a simulator that cannot look into memory sending them.
    trace
        Waveform file (FST) to write.
    trace_layers
        Layers to write; empty for the whole run.
    why
        Whether to tell where each layer's cycles went.
    timeline
        What to follow of calls and of the CFU, if anything is.
    """

    inferences: Sequence[Sequence[bytes]]
    max_cycles: int
    stall_cycles: int = 20_000_000
    expected: Sequence[Mapping[int, bytes]] | None = None
    trace: Path | None = None
    trace_layers: frozenset[int] = frozenset()
    why: bool = False
    timeline: TimelineRequest | None = None


@dataclass(frozen=True)
class TensorSnapshot:
    """A tensor's raw bytes right after the layer that computes it."""

    tensor: int
    data: bytes = field(repr=False)


@dataclass(frozen=True)
class InferenceResult:
    """One inference.

    Attributes
    ----------
    layers
        What the firmware measured, by layer.
    snapshots
        Each layer's output tensors, by layer.
    splits
        Where the cycles went, by layer; `None` if that was not asked for.
    """

    layers: tuple[LayerRecord, ...]
    snapshots: Mapping[int, tuple[TensorSnapshot, ...]] = field(repr=False)
    splits: tuple[LayerSplit, ...] | None = field(default=None, repr=False)

    @property
    def cycles(self) -> int:
        """Cycles of all layers together."""
        return sum(layer.cycles for layer in self.layers)


@dataclass(frozen=True)
class RunResult:
    """A session that ended well.

    Attributes
    ----------
    simulated_cycles
        Clock cycles from reset to the end, start-up and communication included.
    wall_seconds
        How long the simulator took for them.
    text
        What kernels printed.
    simulated_instructions
        Instructions retired in that time, if the simulator counts them.
    recorded
        Whether the run was simulated before, and this is the record of that.
    timeline
        Which functions ran when, if that was asked for.
    """

    inferences: tuple[InferenceResult, ...]
    simulated_cycles: int
    wall_seconds: float
    text: str
    simulated_instructions: int | None = None
    recorded: bool = False
    timeline: Timeline | None = field(default=None, repr=False)


class Simulator(Protocol):
    """Something that runs firmware."""

    @property
    def name(self) -> str:
        """Its name in `cfu run --simulator`."""

    @property
    def provenance(self) -> str:
        """Where its cycle counts come from: "rtl", "fast" or "board"."""

    @property
    def version(self) -> str:
        """What it is made of, for the profile."""

    @property
    def identity(self) -> str:
        """Digest of all that decides what it does, the hardware it simulates included."""

    def run(
        self, image: FirmwareImage, request: RunRequest, *, progress: Progress | None = None
    ) -> RunResult:
        """Run a session.

        Raises
        ------
        PlaygroundError
            If the firmware traps, stalls or runs out of cycles; with what, where, and the layer.
        """
