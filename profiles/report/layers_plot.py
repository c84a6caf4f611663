"""The plot of each layer's cycles, of all runs beside each other."""

from __future__ import annotations

__all__ = ["layers_plot"]

from collections.abc import Sequence

from matplotlib.ticker import EngFormatter

from profiles.compare import Comparison
from profiles.profile import Profile
from profiles.report.colours import PLACEHOLDERS, RUN_COLOURS
from profiles.report.markup import Markup, clean
from profiles.report.plot import Plot, drawing

_BAR_INCHES = 0.13
_GAP_INCHES = 0.12
_NAME_LENGTH = 24


def layers_plot(profiles: Sequence[Profile], comparison: Comparison | None = None) -> Markup:
    """Return the SVG of the cycles of each layer, with the speedup of the last run.

    Parameters
    ----------
    profiles
        Of one model; a single one has the colour of a run that is no baseline.
    comparison
        Of the same profiles, for speedups.
    """
    layers = profiles[0].layers
    titles = [profile.title for profile in profiles] if comparison is None else comparison.names
    row = _BAR_INCHES * len(profiles) + _GAP_INCHES
    with drawing():
        plot = Plot(
            "layers",
            "Cycles of each layer in each run",
            height=0.9 + row * len(layers),
            xlabel="cycles",
        )
        axes = plot.axes
        share = _BAR_INCHES / row
        for position, profile in enumerate(profiles):
            offset = (position - (len(profiles) - 1) / 2) * share
            colour = RUN_COLOURS[(position if len(profiles) > 1 else 1) % len(RUN_COLOURS)]
            bars = axes.barh(
                [index + offset for index in range(len(layers))],
                [layer.cycles for layer in profile.layers],
                height=share * 0.9,
                color=PLACEHOLDERS[colour],
                label=f"#{position} {clean(titles[position], limit=40)}",
            )
            for layer, bar in zip(profile.layers, bars, strict=True):
                plot.hover(
                    bar,
                    f"layer {layer.index} {layer.operator}, #{position} {titles[position]}: "
                    f"{layer.cycles:,} cycles, kernel {layer.kernel}",
                )
        for index in range(len(layers)):
            widest = max(profile.layers[index].cycles for profile in profiles)
            axes.annotate(
                _label(profiles, comparison, index),
                (widest, index),
                xytext=(4, 0),
                textcoords="offset points",
                va="center",
                fontsize=8,
            )
        names = [f"{layer.index} {clean(layer.operator, limit=_NAME_LENGTH)}" for layer in layers]
        axes.set_yticks(range(len(layers)), names)
        axes.tick_params(axis="y", length=0)
        axes.set_ylim(len(layers) - 0.5, -0.5)
        axes.margins(x=0.2)
        axes.xaxis.set_major_formatter(EngFormatter(sep=" "))
        axes.grid(visible=True, axis="x", linewidth=0.5)
        axes.set_axisbelow(True)
        if len(profiles) > 1:
            axes.legend(ncols=3, loc="lower center", bbox_to_anchor=(0.4, 1.0))
        return plot.svg()


def _label(profiles: Sequence[Profile], comparison: Comparison | None, index: int) -> str:
    if comparison is None:
        layer, total = profiles[-1].layers[index], profiles[-1].total_cycles
        return f"{layer.cycles / total:.1%}" if total else ""
    speedup = comparison.speedup(len(profiles) - 1, index)
    return f"{speedup:.2f}×" if speedup is not None else ""
