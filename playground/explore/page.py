"""The front as one HTML file: a plot to point at, and nothing fetched."""

from __future__ import annotations

__all__ = ["explore_page", "save_page"]

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from bokeh.embed import file_html
from bokeh.layouts import column, row
from bokeh.models import ColumnDataSource, HoverTool, NumeralTickFormatter, Range1d
from bokeh.models.ranges import FactorRange
from bokeh.models.widgets import Div
from bokeh.plotting import figure
from bokeh.resources import INLINE

from gateware.parameter import shown
from playground.explore.front import Point
from playground.explore.objectives import Measured, Objective
from playground.explore.study import Record, Study
from toolchain import PlaygroundError

_BLUE, _GREY, _RED, _ORANGE = "#2563eb", "#9ca3af", "#dc2626", "#d97706"
_CELL = "padding:2px 8px;border-bottom:1px solid #e5e7eb;text-align"
_NUMBER, _WORD = (f"style='{_CELL}:{side}'" for side in ("right", "left"))
_SECOND = {"cycles": "cells", "cells": "cycles"}


def explore_page(
    study: Study,
    records: Sequence[Record],
    points: Sequence[Point],
    default: Measured | None,
    importances: Mapping[str, Mapping[str, float]],
    *,
    notes: Sequence[str],
) -> str:
    """Return a study's page: each pair of objectives plotted, what decides them, and the front."""
    from playground.explore.objectives import OBJECTIVES

    objectives = list(study.goal.objectives)
    if len(objectives) == 1:
        objectives.append(OBJECTIVES[_SECOND.get(objectives[0].name, "cycles")])
    pairs = [(a, b) for i, a in enumerate(objectives) for b in objectives[i + 1 :]]
    plots = [_plot(x, y, study, records, points, default) for x, y in pairs]
    titles = {objective.name: objective.title for objective in study.goal.objectives}
    bars = [_bars(titles[name], parts) for name, parts in importances.items() if parts]
    said = "".join(f"<p>{_escaped(note)}</p>" for note in notes if note)
    layout = column(
        Div(text=f"<h1>{_escaped(study.name)}: what was searched and what was found</h1>{said}"),
        *plots,
        row(*bars, sizing_mode="stretch_width") if bars else Div(text=""),
        Div(text=_table(study, points, default), sizing_mode="stretch_width"),
        sizing_mode="stretch_width",
    )
    return str(file_html(layout, INLINE, title=f"cfu explore: {study.name}"))


def save_page(text: str, path: Path) -> None:
    """Write a page.

    Raises
    ------
    PlaygroundError
        If the file cannot be written.
    """
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise PlaygroundError(
            f"cannot write `{path}`: {error.strerror}", hint="choose another file"
        ) from error


def _plot(
    x: Objective,
    y: Objective,
    study: Study,
    records: Sequence[Record],
    points: Sequence[Point],
    default: Measured | None,
) -> Any:
    numbers = {point.number for point in points}
    groups: dict[str, list[tuple[str, Measured, str]]] = {"tried": [], "over a limit": []}
    seen: set[str] = set()
    for record in records:
        measured = record.outcome
        if not isinstance(measured, Measured) or record.number in numbers or record.design in seen:
            continue
        seen.add(record.design)
        group = "tried" if study.goal.limits.allow(measured) else "over a limit"
        groups[group].append((f"trial {record.number}", measured, _words(record.values)))
    plot = figure(
        height=460,
        sizing_mode="stretch_width",
        x_axis_label=x.title,
        y_axis_label=y.title,
        x_axis_type="log" if x.name in ("cycles", "milliseconds", "energy") else "linear",
        y_axis_type="log" if y.name in ("cycles", "milliseconds", "energy") else "linear",
        tools="pan,wheel_zoom,box_zoom,reset,save",
        active_scroll=None,
    )
    for axis in (plot.xaxis, plot.yaxis):
        axis.formatter = NumeralTickFormatter(format="0,0[.]00")
    front = [(f"trial {p.number}, on the front", p.measured, _words(p.values)) for p in points]
    shown_groups = [
        ("tried", groups["tried"], _GREY, "circle", 7),
        ("over a limit", groups["over a limit"], _ORANGE, "x", 8),
        ("front", front, _BLUE, "circle", 10),
        ("default", [("default", default, "")] if default is not None else [], _RED, "diamond", 15),
    ]
    for name, entries, colour, marker, size in shown_groups:
        drawn = [e for e in entries if x.value(e[1]) is not None and y.value(e[1]) is not None]
        if not drawn:
            continue
        source = ColumnDataSource(
            {
                "x": [x.of(m) for _, m, _ in drawn],
                "y": [y.of(m) for _, m, _ in drawn],
                "what": [title for title, _, _ in drawn],
                "values": [words or "the default design" for _, _, words in drawn],
                "rest": [
                    f"{m.cycles:,} cycles, {m.cells:,} cells, {m.dsp} DSP, {m.ram} RAM"
                    for _, m, _ in drawn
                ],
            }
        )
        if name == "front" and len(study.goal.objectives) == 2:
            # What a budget buys stays the same up to the next design.
            plot.step("x", "y", source=source, color=_BLUE, mode="after", line_alpha=0.6)
        plot.scatter(
            "x", "y", source=source, color=colour, marker=marker, size=size, legend_label=name,
            fill_alpha=0.75,
        )  # fmt: skip
    hover = HoverTool(
        tooltips="<div style='max-width:26rem'><b>@what</b><br>@rest<br>@values</div>"
    )
    plot.add_tools(hover)
    plot.legend.location = "top_right"
    return plot


def _bars(title: str, parts: Mapping[str, float]) -> Any:
    names = list(reversed(list(parts)))
    plot = figure(
        y_range=FactorRange(factors=names),
        x_range=Range1d(start=0, end=1.05 * max(parts.values())),
        height=80 + 26 * len(names),
        sizing_mode="stretch_width",
        title=f"what decides {title}",
        x_axis_label="weight (PED-ANOVA)",
        toolbar_location=None,
    )
    plot.hbar(y=names, right=[parts[name] for name in names], height=0.6, color=_BLUE)
    return plot


def _table(study: Study, points: Sequence[Point], default: Measured | None) -> str:
    """Return the front as a table in HTML, which stays one on paper."""
    rtl = study.confirmed()
    objectives = study.goal.objectives
    also = [name for name in ("cells", "dsp", "ram") if name not in {o.name for o in objectives}]
    heads = ["trial", *(o.title for o in objectives), *also, "cycles on the RTL"]
    base = study.space.base

    def figures(measured: Measured) -> list[str]:
        return [
            *(objective.text(measured) for objective in objectives),
            *(f"{getattr(measured, name):,}" for name in also),
        ]

    rows = [(["default", *figures(default), ""], _words(base))] if default is not None else []
    for point in points:
        differing = {k: v for k, v in point.values.items() if base.get(k) != v}
        confirmed = f"{rtl[point.design]:,}" if point.design in rtl else ""
        cells = [f"{point.number}{'*' * point.beats_default}", *figures(point.measured), confirmed]
        rows.append((cells, _words(differing) or "as the default"))
    head = "".join(f"<th {_NUMBER}>{_escaped(each)}</th>" for each in heads)
    body = "".join(
        "<tr>"
        + "".join(f"<td {_NUMBER}>{_escaped(each)}</td>" for each in cells)
        + f"<td {_WORD}>{_escaped(words)}</td></tr>"
        for cells, words in rows
    )
    return (
        "<h2>Front</h2><table style='border-collapse:collapse'>"
        f"<tr>{head}<th {_WORD}>design</th></tr>{body}</table>"
    )


def _words(values: Mapping[str, Any]) -> str:
    return ", ".join(f"{name}={shown(value)}" for name, value in values.items())


def _escaped(text: str) -> str:
    from html import escape

    return escape(text)
