"""What a run changed, layer by layer."""

from __future__ import annotations

__all__ = ["LayerChange", "change_table", "changed_layers"]

from collections.abc import Sequence
from dataclasses import dataclass

from rich.table import Table
from rich.text import Text

from profiles.compare import Comparison
from profiles.layout import Column, fitted_table
from profiles.profile import LayerProfile
from profiles.table import exact_mark

_LEAST_OF_LAYER = 0.01  # below both, a change is one of where code lies, and not listed by itself
_LEAST_OF_ALL = 0.001


@dataclass(frozen=True)
class LayerChange:
    """A layer before and after a change of the design."""

    before: LayerProfile
    now: LayerProfile

    @property
    def cycles(self) -> int:
        """Cycles more, or fewer if negative."""
        return self.now.cycles - self.before.cycles

    def is_small(self, total: int) -> bool:
        """Tell whether the same kernel only took some cycles more or fewer."""
        return (
            (self.before.kernel, self.before.bit_exact) == (self.now.kernel, self.now.bit_exact)
            and abs(self.cycles) < _LEAST_OF_LAYER * self.before.cycles
            and abs(self.cycles) < _LEAST_OF_ALL * total
        )


def changed_layers(comparison: Comparison) -> tuple[LayerChange, ...]:
    """Return the layers in which the second profile of a comparison is not like the first."""
    before, now = comparison.profiles[:2]
    changes = (LayerChange(*pair) for pair in zip(before.layers, now.layers, strict=True))
    return tuple(
        change
        for change in changes
        if change.cycles
        or (change.before.kernel, change.before.bit_exact)
        != (change.now.kernel, change.now.bit_exact)
    )


def change_table(
    comparison: Comparison, *, title: str, caption: str = "", width: int | None = None
) -> Table:
    """Return the table of the layers that changed from the first profile to the second.

    Those that hardly changed are one row together, those that did not are left out.

    Parameters
    ----------
    caption
        What the first profile is.
    width
        Characters in a line. In a narrow one, shapes and kernels are left out, in this order.
    """
    before, now = comparison.profiles[:2]
    changes = changed_layers(comparison)
    small = [change for change in changes if change.is_small(before.total_cycles)]
    shown = [change for change in changes if change not in small]
    columns = [
        Column("#", [str(change.now.index) for change in shown], justify="right"),
        Column("operator", [change.now.operator for change in shown], "total"),
        Column("output", [change.now.output_text for change in shown], expendable=2),
        Column(
            "before",
            [f"{change.before.cycles:,}" for change in shown],
            f"{before.total_cycles:,}",
            justify="right",
        ),
        Column(
            "cycles",
            [f"{change.now.cycles:,}" for change in shown],
            f"{now.total_cycles:,}",
            justify="right",
        ),
        Column(
            "change",
            [_change(change.before.cycles, change.now.cycles) for change in shown],
            _change(before.total_cycles, now.total_cycles),
            justify="right",
        ),
        Column("kernel", [_kernel(change) for change in shown], expendable=1),
    ]
    if not now.bit_exact:
        columns.append(Column("exact", [exact_mark(change.now) for change in shown]))
    lines = [caption, *_others(small, len(now.layers) - len(changes))]
    lines += [f"NOT like with like: {difference}" for difference in comparison.differences]
    return fitted_table(
        columns, title=title, caption="\n".join(line for line in lines if line), width=width
    )


def _others(small: Sequence[LayerChange], same: int) -> list[str]:
    """Return what is said of layers that are not listed."""
    parts = []
    if small:
        more = sum(change.cycles for change in small)
        parts.append(f"{_layers(len(small))} hardly changed ({more:+,} cycles)")
    if same:
        parts.append(f"{_layers(same)} did not")
    return [", ".join(parts)] if parts else []


def _layers(count: int) -> str:
    return f"{count} layer{'s' if count != 1 else ''}"


def _change(before: int, now: int) -> Text:
    if before == now:
        return Text("=", style="dim")
    style = "green" if now < before else "red"
    if not before or now > 10 * before or abs(now - before) < 0.0005 * before:
        return Text(f"{now - before:+,}", style=style)
    return Text(f"{now / before - 1:+.1%}", style=style)


def _kernel(change: LayerChange) -> Text:
    now = change.now.kernel
    style = "" if now == "reference" else "cyan"
    if change.before.kernel == now:
        return Text(now, style=style)
    return Text(f"{now}, was {change.before.kernel}", style=style)
