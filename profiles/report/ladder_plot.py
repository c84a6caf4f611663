"""The plot of a project's runs over time."""

from __future__ import annotations

__all__ = ["ladder_plot"]

from collections.abc import Sequence
from itertools import accumulate

from matplotlib.ticker import EngFormatter, LogLocator, MaxNLocator, NullLocator

from profiles.report.colours import PLACEHOLDERS
from profiles.report.content import Step
from profiles.report.markup import Markup, clean
from profiles.report.plot import Plot, drawing

_WIDE = 4
_MOST_LABELS = 8
_LABEL_LENGTH = 22


def ladder_plot(steps: Sequence[Step], *, name: str = "ladder") -> Markup:
    """Return the SVG of cycles run by run, with the best so far as a line.

    Parameters
    ----------
    steps
        Oldest first. Runs with a wrong result are crosses, and no best.
    name
        Unique in the page.
    """
    with drawing():
        plot = Plot(
            name,
            "Cycles of the project's runs, one after the other",
            height=3.6,
            yscale="log" if _is_wide(steps) else "linear",
            xlabel="run",
            ylabel="cycles of one inference",
        )
        axes = plot.axes
        exact = [step for step in steps if step.is_bit_exact]
        axes.step(
            [step.number for step in exact],
            list(accumulate((step.cycles for step in exact), min)),
            where="post",
            color=PLACEHOLDERS["accent"],
            linewidth=1.5,
            label="best so far",
        )
        for step in steps:
            point = axes.scatter(
                [step.number],
                [max(step.cycles, 1)],
                s=64 if step.is_shown else 26,
                color=PLACEHOLDERS["accent" if step.is_bit_exact else "bad"],
                zorder=3,
                marker="o" if step.is_bit_exact else "x",
            )
            plot.hover(point, _described(step))
        for step in _labelled(steps):
            axes.annotate(
                clean(step.title, limit=_LABEL_LENGTH),
                (step.number, max(step.cycles, 1)),
                xytext=(3, 6),
                textcoords="offset points",
                fontsize=8,
            )
        axes.margins(x=0.1, y=0.15)
        axes.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=12))
        if _is_wide(steps):
            axes.yaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
            axes.yaxis.set_minor_locator(NullLocator())
        axes.yaxis.set_major_formatter(EngFormatter(sep=" "))
        axes.grid(visible=True, linewidth=0.5)
        axes.legend(loc="lower center", bbox_to_anchor=(0.45, 1.0))
        return plot.svg()


def _is_wide(steps: Sequence[Step]) -> bool:
    """Tell whether small cycles would be hard to tell from each other beside large ones."""
    counts = [max(step.cycles, 1) for step in steps]
    return max(counts) > _WIDE * min(counts)


def _labelled(steps: Sequence[Step]) -> list[Step]:
    """Return the runs worth a name: where the design became another, the newest of near ones."""
    room = (steps[-1].number - steps[0].number) / _MOST_LABELS
    shown: list[Step] = []
    for before, step in zip((*reversed(steps[:-1]), None), reversed(steps), strict=True):
        is_new = before is None or before.title != step.title
        if is_new and (not shown or shown[-1].number - step.number >= room):
            shown.append(step)
    return shown


def _described(step: Step) -> str:
    wrong = "" if step.is_bit_exact else ", NOT bit-exact"
    note = f", {step.note}" if step.note else ""
    return (
        f"run {step.number} {step.title}: {step.cycles:,} cycles ({step.provenance}){wrong}, "
        f"{step.time:%Y-%m-%d %H:%M} UTC{note}"
    )
