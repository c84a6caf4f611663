"""An advice as a table and lines for people."""

from __future__ import annotations

__all__ = ["advice_lines", "advice_table", "bound_texts", "gain_text"]

from collections.abc import Mapping

from rich.table import Table

from profiles.advice import BYTES_PER_CYCLE, Advice, Bound, LayerAdvice
from profiles.layout import Column, fitted_table

_WORTH_TELLING = 0.05  # of all cycles
_MEANINGS = {
    Bound.MACS: "the multiply-accumulates themselves",
    Bound.LOADS: "bringing operands",
    Bound.REQUANTIZATION: "scaling sums to int8",
    Bound.OVERHEAD: "addresses, loops, calls, waiting for memory",
}


def advice_table(advice: Advice, *, width: int | None = None) -> Table:
    """Return the table of an advice: the bound, the roof and the best gain of each layer.

    Parameters
    ----------
    width
        Characters in a line. In a narrow one, the parts, the intensity and the rate are left out,
        in this order.
    """
    layers = advice.layers
    columns = [
        Column("#", [str(layer.index) for layer in layers], justify="right"),
        Column("operator", [layer.operator for layer in layers], "total"),
        Column("share", [f"{layer.share:.1%}" for layer in layers], justify="right"),
        Column("bound by", [layer.bound.value if layer.cycles else "" for layer in layers]),
        *(
            Column(
                f"{bound.value}\n(estimated)",
                [_percent(layer.parts[bound], layer.cycles) for layer in layers],
                _percent(sum(layer.parts[bound] for layer in layers), advice.total_cycles),
                justify="right",
                expendable=3,
            )
            for bound in Bound
        ),
        Column("MACs\n/byte", [_ratio(layer.intensity) for layer in layers], "", "right", 2),
        Column(
            "MACs\n/cycle",
            [_ratio(layer.macs_per_cycle) for layer in layers],
            _ratio(sum(layer.macs for layer in layers) / max(advice.total_cycles, 1)),
            justify="right",
            expendable=1,
        ),
        Column("of\npeak", [_of(layer, layer.of_peak) for layer in layers], justify="right"),
        Column("of\nroof", [_of(layer, layer.of_roof) for layer in layers], justify="right"),
        Column("gain\nat most", [gain_text(layer.gain) for layer in layers], justify="right"),
    ]
    meanings = "; ".join(f"{bound.value}: {_MEANINGS[bound]}" for bound in Bound)
    return fitted_table(
        columns,
        title="advice · what bounds each layer, and what speeding it up can bring",
        caption=f"{meanings}\n{_roof_text(advice)}\ngain at most: if the layer took no time; parts "
        "are estimated and may overlap",
        width=width,
    )


def advice_lines(advice: Advice) -> tuple[str, ...]:
    """Return what is to be told of operators, and of what is not known."""
    lines = [
        f"{each.operator}: {each.share:.1%} of the cycles in {each.layers} "
        f"layer{'s' if each.layers > 1 else ''}; without them {gain_text(each.gain) or 'nothing'}"
        + ("" if each.gain is not None else " is left")
        for each in advice.operators
        if each.share >= _WORTH_TELLING
    ]
    if advice.engine.name != "CPU" and not advice.engine.is_cfu:
        lines.append(
            f"CFU `{advice.engine.name}` does not say its `peak_macs_per_cycle`, so that layers "
            "are compared with the CPU's"
        )
    if not advice.counts_instructions:
        lines.append("this CPU counts no instructions: 1.7 cycles are taken for each")
    return tuple(lines)


def bound_texts() -> Mapping[Bound, str]:
    """Return what each bound means, in a few words."""
    return dict(_MEANINGS)


def gain_text(gain: float | None) -> str:
    """Return a gain as "1.25×"; nothing if there is no limit to it."""
    return "" if gain is None else f"{gain:.2f}×"


def _roof_text(advice: Advice) -> str:
    peaks = sorted({layer.peak for layer in advice.layers if layer.macs}, reverse=True)
    listed = " or ".join(f"{peak:g}" for peak in peaks) or "no"
    return (
        f"peak: {listed} MACs a cycle; roof: the lower of the peak and {BYTES_PER_CYCLE:g} bytes a "
        "cycle, each byte of inputs, weights and outputs once"
    )


def _percent(part: float, whole: int) -> str:
    return f"{part / whole:.0%}" if whole else ""


def _ratio(value: float) -> str:
    return f"{value:,.2f}" if value else ""


def _of(layer: LayerAdvice, value: float | None) -> str:
    return f"{value:.1%}" if layer.macs and value is not None else ""
