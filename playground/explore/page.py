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
from bokeh.models.widgets import DataTable, Div, TableColumn
from bokeh.plotting import figure
from bokeh.resources import INLINE

from gateware.parameter import shown
from playground.explore.front import Point
from playground.explore.objectives import Measured, Objective
from playground.explore.study import Record, Study
from toolchain import PlaygroundError

_BLUE, _GREY, _RED, _ORANGE = "#2563eb", "#9ca3af", "#dc2626", "#d97706"
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
    bars = [_bars(title, parts) for title, parts in importances.items() if parts]
    said = "".join(f"<p>{_escaped(note)}</p>" for note in notes if note)
    layout = column(
        Div(text=f"<h1>{_escaped(study.name)}: what was searched and what was found</h1>{said}"),
        *plots,
        row(*bars) if bars else Div(text=""),
        Div(text="<h2>Front</h2>"),
        _table(study, points),
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
        if name == "front":
            plot.line("x", "y", source=source, color=_BLUE, line_dash="dashed", line_alpha=0.6)
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
        x_axis_label="importance (PED-ANOVA)",
        toolbar_location=None,
    )
    plot.hbar(y=names, right=[parts[name] for name in names], height=0.6, color=_BLUE)
    return plot


def _table(study: Study, points: Sequence[Point]) -> Any:
    rtl = study.confirmed()
    columns: dict[str, list[str]] = {"trial": [str(p.number) for p in points]}
    for objective in study.goal.objectives:
        columns[objective.title] = [objective.text(p.measured) for p in points]
    for name in ("cells", "dsp", "ram"):
        if name not in {o.name for o in study.goal.objectives}:
            columns[name] = [f"{getattr(p.measured, name):,}" for p in points]
    columns["RTL cycles"] = [f"{rtl[p.design]:,}" if p.design in rtl else "" for p in points]
    columns["design"] = [_words(p.values) for p in points]
    return DataTable(
        source=ColumnDataSource(columns),
        columns=[
            TableColumn(field=name, title=name, width=900 if name == "design" else 90)
            for name in columns
        ],
        sizing_mode="stretch_width",
        height=min(60 + 26 * len(points), 700),
        index_position=None,
    )


def _words(values: Mapping[str, Any]) -> str:
    return ", ".join(f"{name}={shown(value)}" for name, value in values.items())


def _escaped(text: str) -> str:
    from html import escape

    return escape(text)
