"""The plot of what hardware takes of its FPGA."""

from __future__ import annotations

__all__ = ["area_plot"]

from profiles.report.colours import PLACEHOLDERS
from profiles.report.markup import Markup, clean
from profiles.report.plot import Plot, drawing
from soc.synthesis import Resource, SynthReport

_PARTS = (("SoC", "soc", "run-0"), ("CPU", "cpu", "run-1"), ("CFU", "cfu", "run-2"))


def area_plot(report: SynthReport) -> Markup | None:
    """Return the SVG of the shares of a device that SoC, CPU and CFU take.

    `None` if it is not known how much there is of anything.
    """
    resources = [each for each in report.resources if each.available]
    if not resources:
        return None
    with drawing():
        plot = Plot(
            "area",
            f"What the system takes of {report.device}",
            height=0.9 + 0.27 * len(resources),
            xlabel="share of the device, %",
        )
        axes = plot.axes
        begins = [0.0] * len(resources)
        for title, part, colour in _PARTS:
            counts = [getattr(each.split, part) for each in resources]
            widths = [_percent(n, each) for n, each in zip(counts, resources, strict=True)]
            bars = axes.barh(
                range(len(resources)), widths, left=begins, height=0.65, label=title,
                color=PLACEHOLDERS[colour],
            )  # fmt: skip
            for bar, count, each in zip(bars, counts, resources, strict=True):
                plot.hover(bar, f"{each.cell}: {title} {count:,} of {each.available:,}")
            begins = [a + b for a, b in zip(begins, widths, strict=True)]
        for row, each in enumerate(resources):
            axes.annotate(
                f"{each.used:,} of {each.available:,}",
                (max(begins[row], 100.0), row),
                xytext=(4, 0),
                textcoords="offset points",
                va="center",
                fontsize=8,
            )
        names = [f"{each.kind} {clean(each.cell, limit=24)}" for each in resources]
        axes.set_yticks(range(len(resources)), names)
        axes.tick_params(axis="y", length=0)
        axes.set_ylim(len(resources) - 0.5, -0.5)
        axes.set_xlim(0, max(125.0, *(begin * 1.25 for begin in begins)))
        axes.axvline(100, color=PLACEHOLDERS["bad"], linewidth=1, linestyle="--")
        axes.legend(ncols=3, loc="lower center", bbox_to_anchor=(0.4, 1.0))
        return plot.svg()


def _percent(count: int, resource: Resource) -> float:
    return 100 * count / (resource.available or 1)
