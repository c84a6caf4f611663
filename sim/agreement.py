"""Whether two simulators did the same."""

from __future__ import annotations

__all__ = ["Disagreement", "disagreements"]

from collections.abc import Iterator
from dataclasses import dataclass

from sim.simulator import InferenceResult, RunResult


@dataclass(frozen=True)
class Disagreement:
    """Something in which a run differs from another of the same firmware.

    Attributes
    ----------
    layer
        `None` for what is outside the layers.
    what
        "cycles", "instructions", "overridden" or "outputs".
    one, other
        What either simulator says of it.
    """

    inference: int
    layer: int | None
    what: str
    one: str
    other: str


def disagreements(one: RunResult, other: RunResult) -> tuple[Disagreement, ...]:
    """Return in what two runs differ, in the order of execution.

    If it is in no layer, the cycles of the whole sessions are compared: those of start-up and
    communication, too.
    """
    found = [
        each
        for number, pair in enumerate(zip(one.inferences, other.inferences, strict=True))
        for each in _of_inference(number, *pair)
    ]
    if not found and one.simulated_cycles != other.simulated_cycles:
        cycles = (f"{run.simulated_cycles:,}" for run in (one, other))
        found.append(Disagreement(0, None, "cycles", *cycles))
    return tuple(found)


def _of_inference(
    number: int, one: InferenceResult, other: InferenceResult
) -> Iterator[Disagreement]:
    for layer, records in enumerate(zip(one.layers, other.layers, strict=True)):
        for what in ("cycles", "instructions", "overridden"):
            this, that = (getattr(record, what) for record in records)
            if this != that:
                yield Disagreement(number, layer, what, _shown(this), _shown(that))
        for snapshots in zip(one.snapshots[layer], other.snapshots[layer], strict=True):
            this, that = (snapshot.data for snapshot in snapshots)
            if this != that:
                place = next(
                    i for i, pair in enumerate(zip(this, that, strict=True)) if len({*pair}) > 1
                )
                where = f"at byte {place:,} of tensor {snapshots[0].tensor}"
                yield Disagreement(
                    number,
                    layer,
                    "outputs",
                    f"{this[place]:#04x} {where}",
                    f"{that[place]:#04x} {where}",
                )


def _shown(value: int) -> str:
    return str(value) if isinstance(value, bool) else f"{value:,}"
