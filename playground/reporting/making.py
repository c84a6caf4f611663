"""Making reports of profiles, from what is at hand beside them."""

from __future__ import annotations

__all__ = ["FoundRun", "make_report"]

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from firmware.tflite_reader import read_model
from playground.advising import advise_design
from playground.design import Design
from playground.reporting.command import command_of
from playground.reporting.memories import memory_uses
from playground.reporting.origins import Origins, find_origins, origins_of
from profiles import Profile, RunEntry, compare
from profiles.report import Report, ReportRun, Step

_MOST_STEPS = 200


@dataclass(frozen=True)
class FoundRun:
    """A run to report.

    Attributes
    ----------
    name, origin
        See `ReportRun`.
    entry
        Its entry in the project's history, if it has one.
    design
        What it was run from, if that is at hand and the same as then.
    """

    profile: Profile
    name: str
    origin: str
    entry: RunEntry | None = None
    design: Design | None = None

    @property
    def title(self) -> str:
        """CFU and kernels, and which run it is unless it was run for the report."""
        return self.profile.title + ("" if self.design is not None else f" ({self.name})")


def make_report(
    runs: Sequence[FoundRun],
    *,
    project: Path | None = None,
    history: Sequence[RunEntry] = (),
    allow_unlike: bool = False,
) -> Report:
    """Return the report of runs of one model.

    Parameters
    ----------
    runs
        At least one; of several, the first is the baseline.
    project
        Where to look for what the runs were made of.
    history
        The project's runs, newest first; those of the same model, board and CPU as the last of
        `runs` are shown as a ladder, but for those that were made aside.
    allow_unlike
        See `profiles.compare`.

    Raises
    ------
    PlaygroundError
        If the runs cannot be compared.
    """
    profiles = [run.profile for run in runs]
    comparison = None
    if len(runs) > 1:
        titles = [run.title for run in runs]
        comparison = compare(*profiles, allow_unlike=allow_unlike, names=titles)
    origins = [_origins(run, project) for run in runs]
    made = [_report_run(run, found) for run, found in zip(runs, origins, strict=True)]
    subject = profiles[-1]
    model = next((found.model for found in origins if found.model is not None), None)
    numbers = {run.entry.number for run in runs if run.entry is not None}
    steps = [
        Step.of(entry, is_shown=entry.number in numbers)
        for entry in history
        if not entry.is_aside
        and (entry.model_digest, entry.board, entry.cpu)
        == (subject.model.digest, subject.board, subject.cpu)
    ]
    return Report(
        runs=tuple(made),
        comparison=comparison,
        model=read_model(model) if model is not None else None,
        steps=tuple(reversed(steps[:_MOST_STEPS])),
        notes=_notes(runs, origins),
    )


def _origins(run: FoundRun, project: Path | None) -> Origins:
    if run.design is not None:
        return origins_of(run.design, run.profile)
    return find_origins(run.profile, project=project)


def _report_run(run: FoundRun, origins: Origins) -> ReportRun:
    design = origins.design
    return ReportRun(
        profile=run.profile,
        name=run.name,
        origin=run.origin,
        command=command_of(run.profile, origins),
        advice=advise_design(design, run.profile) if design is not None else None,
        memories=memory_uses(run.profile),
        facts=_facts(run.entry),
    )


def _facts(entry: RunEntry | None) -> dict[str, str]:
    if entry is None:
        return {}
    facts = {"label": entry.label or "", "design": entry.design_digest[:16]}
    if entry.git_revision is not None:
        dirty = ", with changes that were not committed" if entry.is_dirty else ""
        facts["commit"] = f"{entry.git_revision}{dirty}"
    return facts


def _notes(runs: Sequence[FoundRun], origins: Sequence[Origins]) -> tuple[str, ...]:
    notes = [f"#{len(runs) - 1}: {text}." for text in origins[-1].missing]
    if not all(layer.split is not None for layer in runs[-1].profile.layers):
        notes.append("What cycles went to was not asked for: `cfu run --why` does.")
    return tuple(notes)
