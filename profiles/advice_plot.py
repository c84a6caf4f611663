"""The two plots of an advice, as SVG that takes its colours from the page it is in."""

from __future__ import annotations

__all__ = ["COLOURS", "gain_plot", "roofline_plot"]

import io
import math
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from matplotlib import rc_context
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, NullLocator, StrMethodFormatter

from profiles.advice import BYTES_PER_CYCLE, Advice, Bound, LayerAdvice

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# Colours that stand for variables of the page's style sheet: those of light and of dark paper.
COLOURS = {
    "ink": ("#1f2328", "#e6edf3"),
    "faint": ("#d0d7de", "#3d444d"),
    "macs": ("#0969da", "#4493f8"),
    "loads": ("#bf8700", "#d29922"),
    "requantization": ("#8250df", "#ab7df8"),
    "overhead": ("#cf222e", "#f85149"),
}
_PLACEHOLDERS = {name: f"#0000{number:02x}" for number, name in enumerate(COLOURS, start=1)}
_BOUND_COLOURS = {bound: bound.value.lower() for bound in Bound}
_LABELLED = 0.02  # of all cycles
_NEAR_DECADES = 0.06
_MARKERS = "osD^vPX*"
_STYLE: dict[Any, object] = {
    "font.family": "sans-serif",
    "font.size": 9.0,
    "svg.fonttype": "none",  # text stays text
    "svg.hashsalt": "advice",  # the same plot is the same file
    **dict.fromkeys(("text.color", "axes.labelcolor"), _PLACEHOLDERS["ink"]),
    **dict.fromkeys(("xtick.color", "ytick.color", "axes.edgecolor"), _PLACEHOLDERS["ink"]),
    "grid.color": _PLACEHOLDERS["faint"],
    "axes.facecolor": "none",
    "figure.facecolor": "none",
    "legend.framealpha": 0.0,
    "legend.edgecolor": "none",
}


def roofline_plot(advice: Advice) -> str:
    """Return the SVG of MACs a cycle over MACs a byte, below the roofs.

    A layer is a point, as large as its share of the cycles, in the colour of what bounds it.
    Layers without multiply-accumulates are not in it.
    """
    layers = [layer for layer in advice.layers if layer.macs and layer.cycles]
    with rc_context(_STYLE):
        figure = Figure(figsize=(7.2, 4.4), layout="constrained")
        axes = figure.add_subplot(
            xscale="log",
            yscale="log",
            xlabel="arithmetic intensity, MACs per byte",
            ylabel="MACs per cycle",
        )
        for axis in (axes.xaxis, axes.yaxis):
            axis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
            axis.set_major_formatter(StrMethodFormatter("{x:g}"))
            axis.set_minor_locator(NullLocator())
        axes.grid(visible=True, linewidth=0.5)
        if layers:
            _draw_roofs(axes, layers)
            _draw_layers(axes, layers)
            axes.legend(fontsize=8, loc="lower right")
        return _svg(figure, "Roofline: MACs per cycle of each layer over its MACs per byte")


def gain_plot(advice: Advice) -> str:
    """Return the SVG of each layer's cycles, split by what they are estimated to go to.

    Beside each bar is what speeding the layer up can bring at most.
    """
    layers = advice.layers
    with rc_context(_STYLE):
        figure = Figure(figsize=(7.2, 1.1 + 0.22 * len(layers)), layout="constrained")
        axes = figure.add_subplot(xlabel="share of the cycles, %")
        places = range(len(layers))
        begins = [0.0] * len(layers)
        for bound in Bound:
            widths = [100 * layer.share * _fraction(layer, bound) for layer in layers]
            axes.barh(
                places,
                widths,
                left=begins,
                color=_PLACEHOLDERS[_BOUND_COLOURS[bound]],
                label=bound.value,
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
        axes.set_yticks(places, [f"{layer.index} {layer.operator}" for layer in layers])
        axes.invert_yaxis()
        axes.margins(x=0.16, y=0.02)
        axes.spines[["top", "right"]].set_visible(False)
        axes.legend(fontsize=8, ncols=len(Bound), loc="lower center", bbox_to_anchor=(0.5, 1.0))
        return _svg(figure, "Share of the cycles of each layer and what bounds it")


def _draw_roofs(axes: Axes, layers: Sequence[LayerAdvice]) -> None:
    """Draw the slope of the memory and the peak of each engine that ran layers."""
    left = min(layer.intensity for layer in layers) / 2
    right = max(layer.intensity for layer in layers) * 2
    for peak in sorted({layer.peak for layer in layers}):
        ridge = peak / BYTES_PER_CYCLE
        points = [left, ridge, right] if left < ridge < right else [left, right]
        axes.plot(
            points,
            [min(peak, x * BYTES_PER_CYCLE) for x in points],
            color=_PLACEHOLDERS["ink"],
            linewidth=1.2,
        )
        axes.annotate(
            f"peak {peak:g} MACs/cycle",
            (right, min(peak, right * BYTES_PER_CYCLE)),
            xytext=(-2, 3),
            textcoords="offset points",
            ha="right",
            fontsize=8,
        )


def _draw_layers(axes: Axes, layers: Sequence[LayerAdvice]) -> None:
    operators = list(dict.fromkeys(layer.operator for layer in layers))
    for number, operator in enumerate(operators):
        marker = _MARKERS[number % len(_MARKERS)]
        chosen = [layer for layer in layers if layer.operator == operator]
        axes.scatter(
            [layer.intensity for layer in chosen],
            [layer.macs_per_cycle for layer in chosen],
            s=[12 + 500 * layer.share for layer in chosen],
            c=[_PLACEHOLDERS[_BOUND_COLOURS[layer.bound]] for layer in chosen],
            marker=marker,
            alpha=0.75,
        )
        # In the legend, the shape alone: sizes and colours differ.
        axes.scatter(
            [], [], s=28, marker=marker, label=operator,
            facecolors="none", edgecolors=_PLACEHOLDERS["ink"],
        )  # fmt: skip
    for numbers, layer in _labels(layers):
        axes.annotate(
            numbers,
            (layer.intensity, layer.macs_per_cycle),
            xytext=(8, 5),
            textcoords="offset points",
            fontsize=8,
        )


def _labels(layers: Sequence[LayerAdvice]) -> list[tuple[str, LayerAdvice]]:
    """Return the numbers of layers worth a label, those of points in one place together."""
    places: dict[tuple[int, int], list[LayerAdvice]] = {}
    for layer in layers:
        if layer.share >= _LABELLED:
            place = (layer.intensity, layer.macs_per_cycle)
            near = tuple(round(math.log10(value) / _NEAR_DECADES) for value in place)
            places.setdefault((near[0], near[1]), []).append(layer)
    return [
        (", ".join(str(layer.index) for layer in together), together[0])
        for together in places.values()
    ]


def _fraction(layer: LayerAdvice, bound: Bound) -> float:
    """Return a part of a layer's cycles, from 0 to 1; overlapping parts share them."""
    return layer.parts[bound] / (sum(layer.parts.values()) or 1.0)


def _svg(figure: Figure, title: str) -> str:
    """Return a figure as an element for an HTML page, colours as the page's variables."""
    stream = io.StringIO()
    figure.savefig(stream, format="svg", metadata={"Date": None, "Creator": None})
    text = stream.getvalue()
    text = text[text.index("<svg") :]
    for name, placeholder in _PLACEHOLDERS.items():
        text = text.replace(placeholder, f"var(--{name})")
    # It takes the room there is; its own size is in the view box.
    head, _, rest = text.partition(">")
    head = re.sub(r' (?:width|height)="[^"]*"', "", head)
    return f'{head} role="img"><title>{title}</title>{rest}'
