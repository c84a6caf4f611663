"""The designs that no other one beats, beside the one that the search began from."""

from __future__ import annotations

__all__ = ["Point", "front_json", "front_of", "front_table", "summary_lines"]

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rich.table import Table
from rich.text import Text

from gateware.parameter import shown
from playground.explore.objectives import Goal, Measured
from playground.explore.space import Values
from playground.explore.study import Record, Study
from playground.explore.trial import Failure


@dataclass(frozen=True)
class Point:
    """A design of the front.

    Attributes
    ----------
    number
        Of the first trial of it.
    beats_default
        Whether it is nowhere worse than the default design, and somewhere better.
    """

    number: int
    values: Values
    measured: Measured
    design: str
    beats_default: bool = False


def front_of(records: Sequence[Record], goal: Goal, default: Measured | None) -> tuple[Point, ...]:
    """Return the designs within the limits that no other one beats, by the first objective."""
    allowed: dict[str, tuple[Record, Measured]] = {}
    for record in records:
        measured = record.outcome
        if isinstance(measured, Measured) and goal.limits.allow(measured):
            allowed.setdefault(record.design, (record, measured))
    found: dict[tuple[float, ...], Point] = {}
    for record, measured in allowed.values():
        if not any(goal.dominates(other, measured) for _, other in allowed.values()):
            beats = default is not None and goal.dominates(measured, default)
            point = Point(record.number, record.values, measured, record.design, beats)
            found.setdefault(goal.values(measured), point)  # of equals, the first
    return tuple(point for _, point in sorted(found.items()))


def front_table(
    study: Study, points: Sequence[Point], default: Measured | None, rtl: Mapping[str, int]
) -> Table:
    """Return the front as a table: the default design in full, of the others what differs."""
    objectives = study.goal.objectives
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column("trial", justify="right")
    for objective in objectives:
        table.add_column(objective.title, justify="right")
    also = [name for name in ("cells", "dsp", "ram") if name not in {o.name for o in objectives}]
    for name in also:
        table.add_column(name, justify="right")
    table.add_column("RTL")
    table.add_column("design", overflow="fold")
    if default is not None:
        table.add_row(
            "default",
            *(o.text(default) for o in objectives),
            *(f"{getattr(default, name):,}" for name in also),
            "",
            _in_words(study.space.base),
            style="dim",
        )
        table.add_section()
    base = study.space.base
    for point in points:
        differing = {k: v for k, v in point.values.items() if base.get(k) != v}
        text = Text(_in_words(differing) or "as the default")
        table.add_row(
            f"{point.number}{'*' if point.beats_default else ''}",
            *(o.text(point.measured) for o in objectives),
            *(f"{getattr(point.measured, name):,}" for name in also),
            _confirmed(point, rtl),
            text,
        )
    return table


def _confirmed(point: Point, rtl: Mapping[str, int]) -> str:
    if point.measured.provenance == "rtl" or rtl.get(point.design) == point.measured.cycles:
        return "equal"
    return "" if point.design not in rtl else f"{rtl[point.design]:,}"


def _in_words(values: Values) -> str:
    return ", ".join(f"{name}={shown(value)}" for name, value in values.items())


def summary_lines(
    study: Study,
    records: Sequence[Record],
    points: Sequence[Point],
    importances: Mapping[str, Mapping[str, float]],
    *,
    area_note: str,
) -> list[str]:
    """Return what is to be said of a study below its front."""
    failed = [r for r in records if isinstance(r.outcome, Failure)]
    over = sum(
        1
        for r in records
        if isinstance(r.outcome, Measured) and not study.goal.limits.allow(r.outcome)
    )
    designs = len({r.design for r in records if r.design})
    made = f"{_counted(len(records), 'trial')} of {_counted(designs, 'design')}"
    counts = [f"{made} in a space of {study.space.size:,}"]
    if failed:
        counts.append(f"{len(failed):,} failed")
    if over:
        counts.append(f"{over:,} over a limit ({study.goal.limits})")
    lines = ["", "; ".join(counts)]
    better = sum(point.beats_default for point in points)
    if better:
        lines.append(f"* nowhere worse than the default design, and somewhere better: {better}")
    titles = {objective.name: objective.title for objective in study.goal.objectives}
    for name, parts in importances.items():
        if parts:
            said = ", ".join(f"{key} {weight:.2f}" for key, weight in list(parts.items())[:5])
            lines.append(f"what decides {titles[name]}, weights of PED-ANOVA: {said}")
    lines.append(area_note)
    reasons: dict[str, list[int]] = {}
    for record in failed:
        if isinstance(record.outcome, Failure):
            reasons.setdefault(record.outcome.reason, []).append(record.number)
    for reason, numbers in sorted(reasons.items(), key=lambda item: -len(item[1]))[:5]:
        some = ", ".join(map(str, numbers[:5])) + ("..." if len(numbers) > 5 else "")
        lines.append(f"failed: trial {some}: {reason}")
    return lines


def _counted(count: int, what: str) -> str:
    return f"{count:,} {what}{'' if count == 1 else 's'}"


def front_json(
    study: Study,
    records: Sequence[Record],
    points: Sequence[Point],
    default: Measured | None,
    importances: Mapping[str, Mapping[str, float]],
    rtl: Mapping[str, int],
) -> dict[str, Any]:
    """Return the study as JSON-able values."""
    objectives = study.goal.objectives
    front = {point.number for point in points}

    def figures(measured: Measured) -> dict[str, Any]:
        return {
            "cycles": measured.cycles,
            "cells": measured.cells,
            "dsp": measured.dsp,
            "ram": measured.ram,
            "fmax_hz": measured.fmax_hz,
            "milliseconds": measured.milliseconds,
            "energy": measured.energy,
            "provenance": measured.provenance,
            "simulator": measured.simulator,
        }

    return {
        "study": study.name,
        "objectives": [objective.name for objective in objectives],
        "limits": {
            name: value
            for name in ("cells", "dsp", "ram", "board")
            if (value := getattr(study.goal.limits, name)) is not None
        },
        "space": study.space.describe(),
        "default": figures(default) if default is not None else None,
        "front": [
            {
                "trial": point.number,
                "values": dict(point.values),
                **figures(point.measured),
                "rtl_cycles": rtl.get(point.design),
                "beats_default": point.beats_default,
            }
            for point in points
        ],
        "importances": {name: dict(parts) for name, parts in importances.items()},
        "trials": [
            {
                "trial": record.number,
                "values": dict(record.values),
                "design": record.design,
                "on_front": record.number in front,
                **(
                    figures(record.outcome)
                    if isinstance(record.outcome, Measured)
                    else {"failed": record.outcome.reason}
                ),
            }
            for record in records
        ],
    }
