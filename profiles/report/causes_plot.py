"""Plots of what cycles went to."""

from __future__ import annotations

__all__ = ["layer_causes_plot", "run_causes_plot"]

from collections import Counter
from collections.abc import Mapping, Sequence

from matplotlib.ticker import EngFormatter

from profiles.profile import CycleSplit, LayerProfile, Profile
from profiles.report.colours import CAUSE_COLOURS, PLACEHOLDERS
from profiles.report.markup import Markup, clean
from profiles.report.plot import Plot, drawing
from profiles.why_table import CAUSE_TEXTS
from sim.cycle_split import Cause

_NAME_LENGTH = 24
_LEAST = 0.0005  # of the axis, for a bar to be drawn


def layer_causes_plot(layers: Sequence[tuple[LayerProfile, CycleSplit]]) -> Markup:
    """Return the SVG of what each layer's cycles went to, as shares of the layer."""
    return _bars(
        "layer-causes",
        "What each layer's cycles went to",
        [f"{layer.index} {clean(layer.operator, limit=_NAME_LENGTH)}" for layer, _ in layers],
        [split.cycles for _, split in layers],
        as_shares=True,
    )


def run_causes_plot(profiles: Sequence[Profile]) -> Markup:
    """Return the SVG of what the cycles of whole runs went to, beside each other.

    Parameters
    ----------
    profiles
        Those whose layers have their `split` are shown.
    """
    known = [
        (f"#{position} {clean(profile.title, limit=_NAME_LENGTH)}", _total(profile))
        for position, profile in enumerate(profiles)
        if all(layer.split is not None for layer in profile.layers)
    ]
    return _bars(
        "run-causes",
        "What the cycles of each run went to",
        [name for name, _ in known],
        [total for _, total in known],
        as_shares=False,
    )


def _total(profile: Profile) -> Mapping[Cause, int]:
    total: Counter[Cause] = Counter()
    for layer in profile.layers:
        if layer.split is not None:
            total.update(layer.split.cycles)
    return total


def _bars(
    name: str,
    title: str,
    labels: Sequence[str],
    rows: Sequence[Mapping[Cause, int]],
    *,
    as_shares: bool,
) -> Markup:
    with drawing():
        label = "share of the layer's cycles, %" if as_shares else "cycles"
        plot = Plot(name, title, height=1.35 + 0.22 * len(rows), xlabel=label)
        axes = plot.axes
        totals = [max(sum(row.values()), 1) for row in rows]
        factors = [100 / total if as_shares else 1.0 for total in totals]
        limit = 100.0 if as_shares else float(max(totals, default=1))
        begins = [0.0] * len(rows)
        for cause in Cause:
            colour = PLACEHOLDERS[CAUSE_COLOURS[cause]]
            widths = [row.get(cause, 0) * f for row, f in zip(rows, factors, strict=True)]
            if not any(width > limit * _LEAST for width in widths):
                continue
            bars = axes.barh(
                range(len(rows)), widths, left=begins, color=colour, height=0.7,
                label=CAUSE_TEXTS[cause],
            )  # fmt: skip
            for bar, row, total, text in zip(bars, rows, totals, labels, strict=True):
                count = row.get(cause, 0)
                plot.hover(
                    bar, f"{text}: {CAUSE_TEXTS[cause]} {count:,} cycles, {count / total:.1%}"
                )
            begins = [begin + width for begin, width in zip(begins, widths, strict=True)]
        axes.set_yticks(range(len(rows)), labels)
        axes.tick_params(axis="y", length=0)
        axes.set_ylim(len(rows) - 0.5, -0.5)
        axes.set_xlim(0, limit * (1.0 if as_shares else 1.03))
        if not as_shares:
            axes.xaxis.set_major_formatter(EngFormatter(sep=" "))
        axes.legend(ncols=6, loc="lower center", bbox_to_anchor=(0.42, 1.0), handlelength=1.2)
        return plot.svg()
