"""Plots of what speeding up layers can bring."""

from __future__ import annotations

__all__ = ["amdahl_plot", "gain_plot"]

from matplotlib.ticker import LogLocator, NullLocator, StrMethodFormatter

from profiles.advice import Advice, Bound, LayerAdvice
from profiles.report.colours import BOUND_COLOURS, PLACEHOLDERS, RUN_COLOURS
from profiles.report.markup import Markup, clean
from profiles.report.plot import Plot, drawing

_LABELLED = 0.02  # of all cycles
_NAME_LENGTH = 24
_MOST_SPEEDUP = 100
_SPEEDUPS = tuple(10 ** (step / 20) for step in range(41))
_WORTH_A_LINE = 0.01
_DASHES = ("-", "--", "-.", ":")


def gain_plot(advice: Advice) -> Markup:
    """Return the SVG of each layer's cycles, split by what they are estimated to go to.

    Beside each bar is what speeding the layer up can bring at most.
    """
    layers = advice.layers
    with drawing():
        plot = Plot(
            "gain",
            "Share of the cycles of each layer and what bounds it",
            height=1.1 + 0.22 * len(layers),
            xlabel="share of the cycles, %",
        )
        axes = plot.axes
        places = range(len(layers))
        begins = [0.0] * len(layers)
        for bound in Bound:
            widths = [100 * layer.share * _fraction(layer, bound) for layer in layers]
            bars = axes.barh(
                places, widths, left=begins, color=PLACEHOLDERS[BOUND_COLOURS[bound]],
                height=0.7, label=bound.value,
            )  # fmt: skip
            for layer, bar in zip(layers, bars, strict=True):
                plot.hover(
                    bar,
                    f"layer {layer.index} {layer.operator}: {bound.value} "
                    f"{layer.parts[bound]:,.0f} of {layer.cycles:,} cycles (estimated)",
                )
            begins = [begin + width for begin, width in zip(begins, widths, strict=True)]
        for place, layer in zip(places, layers, strict=True):
            if layer.gain is not None and layer.share >= _LABELLED:
                axes.annotate(
                    f"at most {layer.gain:.2f}×",
                    (begins[place], place),
                    xytext=(4, 0),
                    textcoords="offset points",
                    va="center",
                    fontsize=8,
                )
        names = [f"{layer.index} {clean(layer.operator, limit=_NAME_LENGTH)}" for layer in layers]
        axes.set_yticks(places, names)
        axes.tick_params(axis="y", length=0)
        axes.set_ylim(len(layers) - 0.5, -0.5)
        axes.margins(x=0.16)
        axes.legend(ncols=len(Bound), loc="lower center", bbox_to_anchor=(0.4, 1.0))
        return plot.svg()


def amdahl_plot(advice: Advice) -> Markup:
    """Return the SVG of the whole's speedup over that of all layers of one operator."""
    with drawing():
        plot = Plot(
            "amdahl",
            "Speedup of the inference over the speedup of the layers of one operator",
            height=3.2,
            xscale="log",
            xlabel="speedup of all layers of one operator",
            ylabel="speedup of the inference",
        )
        axes = plot.axes
        shown = [each for each in advice.operators if each.share >= _WORTH_A_LINE]
        for number, each in enumerate(shown):
            (line,) = axes.plot(
                _SPEEDUPS,
                [1 / (1 - each.share + each.share / speedup) for speedup in _SPEEDUPS],
                color=PLACEHOLDERS[RUN_COLOURS[1 + number % (len(RUN_COLOURS) - 1)]],
                linestyle=_DASHES[number // (len(RUN_COLOURS) - 1) % len(_DASHES)],
                linewidth=1.8,
                label=f"{clean(each.operator, limit=_NAME_LENGTH)}, {each.share:.1%}",
            )
            plot.hover(
                line,
                f"{each.operator}: {each.share:.1%} of the cycles in {each.layers} layers",
            )
        axes.set_xlim(1, _MOST_SPEEDUP)
        axes.set_ylim(bottom=1)
        axes.xaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
        axes.xaxis.set_major_formatter(StrMethodFormatter("{x:g}×"))
        axes.xaxis.set_minor_locator(NullLocator())
        axes.yaxis.set_major_formatter(StrMethodFormatter("{x:g}×"))
        axes.grid(visible=True, linewidth=0.5)
        if shown:
            axes.legend(loc="upper left")
        return plot.svg()


def _fraction(layer: LayerAdvice, bound: Bound) -> float:
    """Return a part of a layer's cycles, from 0 to 1; overlapping parts share them."""
    return layer.parts[bound] / (sum(layer.parts.values()) or 1.0)
