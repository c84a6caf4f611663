"""The plot of how far layers are from what the hardware allows."""

from __future__ import annotations

__all__ = ["roofline_plot"]

import math
from collections.abc import Sequence

from matplotlib.ticker import LogLocator, NullLocator, StrMethodFormatter

from profiles.advice import BYTES_PER_CYCLE, Advice, LayerAdvice
from profiles.report.colours import BOUND_COLOURS, PLACEHOLDERS
from profiles.report.markup import Markup, clean
from profiles.report.plot import Plot, drawing

_LABELLED = 0.02  # of all cycles
_NEAR_DECADES = 0.1
_MOST_DECADES = 3.5  # for 1, 2, 5, 10 to have room on an axis
_MARKERS = "osD^vPX*"


def roofline_plot(advice: Advice) -> Markup:
    """Return the SVG of MACs a cycle over MACs a byte, below the roofs.

    A layer is a point, as large as its share of the cycles, in the colour of what bounds it.
    Layers without multiply-accumulates are not in it.
    """
    layers = [layer for layer in advice.layers if layer.macs and layer.cycles]
    with drawing():
        plot = Plot(
            "roofline",
            "Roofline: MACs per cycle of each layer over its MACs per byte",
            height=4.4,
            xscale="log",
            yscale="log",
            xlabel="arithmetic intensity, MACs per byte",
            ylabel="MACs per cycle",
        )
        axes = plot.axes
        axes.grid(visible=True, linewidth=0.5)
        if layers:
            _draw_roofs(plot, layers)
            _draw_layers(plot, layers)
            axes.legend(ncols=4, loc="lower center", bbox_to_anchor=(0.45, 1.0))
        for axis, (low, high) in ((axes.xaxis, axes.get_xlim()), (axes.yaxis, axes.get_ylim())):
            is_wide = high > low * 10**_MOST_DECADES
            axis.set_major_locator(LogLocator(subs=(1.0,) if is_wide else (1.0, 2.0, 5.0)))
            axis.set_major_formatter(StrMethodFormatter("{x:g}"))
            axis.set_minor_locator(NullLocator())
        return plot.svg()


def _draw_roofs(plot: Plot, layers: Sequence[LayerAdvice]) -> None:
    """Draw the slope of the memory and the peak of each engine that ran layers."""
    ridges = [layer.peak / BYTES_PER_CYCLE for layer in layers]
    left = min(*(layer.intensity for layer in layers), *ridges) / 2
    right = max(layer.intensity for layer in layers) * 2
    for peak in sorted({layer.peak for layer in layers}):
        ridge = peak / BYTES_PER_CYCLE
        points = [left, ridge, right] if left < ridge < right else [left, right]
        plot.axes.plot(
            points,
            [min(peak, x * BYTES_PER_CYCLE) for x in points],
            color=PLACEHOLDERS["ink"],
            linewidth=1.2,
        )
        plot.axes.annotate(
            f"peak {peak:g} MACs/cycle",
            (right, min(peak, right * BYTES_PER_CYCLE)),
            xytext=(-2, 3),
            textcoords="offset points",
            ha="right",
            fontsize=8,
        )


def _draw_layers(plot: Plot, layers: Sequence[LayerAdvice]) -> None:
    operators = list(dict.fromkeys(layer.operator for layer in layers))
    for layer in layers:
        marker = _MARKERS[operators.index(layer.operator) % len(_MARKERS)]
        point = plot.axes.scatter(
            [layer.intensity], [layer.macs_per_cycle], s=12 + 500 * layer.share, marker=marker,
            color=PLACEHOLDERS[BOUND_COLOURS[layer.bound]], alpha=0.75,
        )  # fmt: skip
        of_roof = f", {layer.of_roof:.1%} of the roof" if layer.of_roof is not None else ""
        plot.hover(
            point,
            f"layer {layer.index} {layer.operator}: {layer.macs_per_cycle:,.2f} MACs a cycle"
            f"{of_roof}, {layer.intensity:,.2f} MACs a byte, {layer.share:.1%} of the cycles, "
            f"bound by {layer.bound.value}",
        )
    for number, operator in enumerate(operators):
        # In the legend, the shape alone: sizes and colours differ.
        plot.axes.scatter(
            [], [], s=28, marker=_MARKERS[number % len(_MARKERS)], facecolors="none",
            edgecolors=PLACEHOLDERS["ink"], label=clean(operator, limit=24),
        )  # fmt: skip
    for numbers, layer in _labels(layers):
        plot.axes.annotate(
            numbers,
            (layer.intensity, layer.macs_per_cycle),
            xytext=(8, 5),
            textcoords="offset points",
            fontsize=8,
        )


def _labels(layers: Sequence[LayerAdvice]) -> list[tuple[str, LayerAdvice]]:
    """Return the numbers of layers worth a label, those of points in one place together."""
    places: list[list[LayerAdvice]] = []
    for layer in layers:
        if layer.share >= _LABELLED:
            together = next((each for each in places if _are_near(each[0], layer)), None)
            if together is None:
                places.append([layer])
            else:
                together.append(layer)
    return [(", ".join(str(layer.index) for layer in each), each[0]) for each in places]


def _are_near(one: LayerAdvice, other: LayerAdvice) -> bool:
    """Tell whether the labels of two points would lie on each other."""
    return (
        abs(math.log10(one.intensity / other.intensity)) < _NEAR_DECADES
        and abs(math.log10(one.macs_per_cycle / other.macs_per_cycle)) < _NEAR_DECADES
    )
