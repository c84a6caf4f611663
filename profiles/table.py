"""A profile as a table for people."""

from __future__ import annotations

__all__ = ["exact_mark", "layer_table", "provenance_caption", "summary_lines"]

from rich.table import Table
from rich.text import Text

from profiles.layout import Column, fitted_table
from profiles.profile import LayerProfile, Profile, Provenance

_BAR_WIDTH = 10
_EIGHTHS = ("", "▏", "▎", "▍", "▌", "▋", "▊", "▉")


def layer_table(profile: Profile, *, width: int | None = None) -> Table:
    """Return the per-layer table: where the cycles go and which kernel spent them.

    Parameters
    ----------
    width
        Characters in a line. In a narrow one, bars, MACs and shapes are left out, in this order.
    """
    layers, total = profile.layers, profile.total_cycles
    milliseconds = f"{profile.milliseconds:,.3f} ms at {profile.clock_hz / 1e6:g} MHz"
    columns = (
        Column("#", [str(layer.index) for layer in layers], justify="right"),
        Column("operator", [layer.operator for layer in layers], "total"),
        Column("output", [layer.output_text for layer in layers], expendable=1),
        Column(
            "MACs",
            [f"{layer.macs:,}" if layer.macs else "" for layer in layers],
            f"{profile.macs:,}",
            justify="right",
            expendable=2,
        ),
        Column("cycles", [f"{layer.cycles:,}" for layer in layers], f"{total:,}", justify="right"),
        Column(
            "cycles\n/MAC",
            [_ratio(layer.cycles_per_mac) for layer in layers],
            _ratio(total / profile.macs if profile.macs else None),
            justify="right",
        ),
        Column("share", [f"{_share(layer, total):.1%}" for layer in layers], justify="right"),
        Column("", [_bar(_share(layer, total)) for layer in layers], expendable=3),
        Column("kernel", [_kernel(layer) for layer in layers]),
        Column("exact", [exact_mark(layer) for layer in layers], _total_mark(profile)),
    )
    return fitted_table(
        columns,
        title=f"{profile.model.name} · {profile.title} · {milliseconds}",
        caption=f"{provenance_caption(profile)}\n"
        f"MACs: {profile.sources.macs}; exact: against TensorFlow Lite Micro on the host"
        f"{_agreement(profile)}",
        width=width,
    )


def summary_lines(profile: Profile) -> tuple[str, ...]:
    """Return what the table does not hold: sizes, accuracy, speed of the simulation."""
    sizes = profile.sizes
    memory = (
        f"memory: text {sizes.text_bytes:,}, rodata {sizes.rodata_bytes:,}, data "
        f"{sizes.data_bytes:,}, bss {sizes.bss_bytes:,}, arena {sizes.arena_bytes:,}, "
        f"constants {sizes.constants_bytes:,} bytes ({profile.sources.sizes})"
    )
    lines = [memory]
    if profile.accuracy is not None:
        correct, total = profile.accuracy.correct, profile.accuracy.total
        lines.append(
            f"accuracy: {correct} of {total} ({correct / total:.1%}), "
            f"all run on the target ({profile.sources.cycles})"
        )
    if profile.sources.cycles is Provenance.BOARD:
        lines.append(
            f"board: {profile.wall_seconds.get('simulate', 0.0):,.1f} s, start and checks of every "
            f"layer included ({profile.sources.wall_seconds})"
        )
    elif profile.simulated_hz is not None:
        recorded = ", recorded" if profile.recorded else ""
        lines.append(
            f"simulation: {profile.simulated_cycles:,} cycles at "
            f"{profile.simulated_hz / 1e6:.2f} MHz of wall time "
            f"({profile.sources.wall_seconds}{recorded})"
        )
    return tuple(lines)


def provenance_caption(profile: Profile) -> str:
    """Return where a profile's cycles come from."""
    flags = " ".join(profile.compiler.flags)
    return (
        f"cycles: {profile.sources.cycles}, {profile.simulator.name} {profile.simulator.version}; "
        f"board {profile.board}, CPU {profile.cpu}, {profile.memory.note}\n"
        f"kernels by {profile.compiler.name} {profile.compiler.version} {flags}"
    )


def _agreement(profile: Profile) -> str:
    """Return the line about another simulator that did the same, after a newline."""
    if profile.confirmed_by is None:
        return ""
    return (
        f"\n{profile.confirmed_by.name} and {profile.sources.cycles.name} agree: "
        f"{len(profile.layers)} layers, 0 cycles apart"
    )


def exact_mark(layer: LayerProfile) -> Text:
    """Return the mark that tells whether a layer equals TensorFlow Lite Micro's."""
    match layer.bit_exact:
        case True:
            return Text("yes", style="green")
        case False:
            return Text("WRONG", style="bold red")
        case None:
            return Text("unchecked", style="yellow")


def _total_mark(profile: Profile) -> Text:
    if profile.bit_exact:
        return Text("all", style="green")
    wrong = len(profile.mismatched_layers)
    return Text(f"{wrong} WRONG", style="bold red") if wrong else Text("unchecked", style="yellow")


def _ratio(value: float | None) -> str:
    return "" if value is None else f"{value:,.2f}"


def _share(layer: LayerProfile, total_cycles: int) -> float:
    return layer.cycles / total_cycles if total_cycles else 0.0


def _bar(share: float) -> Text:
    whole, eighths = divmod(round(share * _BAR_WIDTH * 8), 8)
    return Text("█" * whole + _EIGHTHS[eighths], style="blue")


def _kernel(layer: LayerProfile) -> Text:
    return Text(layer.kernel, style="" if layer.kernel == "reference" else "cyan")
