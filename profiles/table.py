"""A profile as a table for people."""

from __future__ import annotations

__all__ = ["exact_mark", "layer_table", "provenance_caption", "summary_lines"]

from rich import box
from rich.table import Table
from rich.text import Text

from profiles.profile import LayerProfile, Profile

_BAR_WIDTH = 10
_EIGHTHS = " ▏▎▍▌▋▊▉█"


def layer_table(profile: Profile) -> Table:
    """Return the per-layer table: where the cycles go and which kernel spent them."""
    table = Table(
        title=f"{profile.model.name} · {profile.title}",
        caption=provenance_caption(profile),
        title_justify="left",
        caption_justify="left",
        box=box.SIMPLE_HEAD,
        show_footer=True,
    )
    milliseconds = f"{profile.milliseconds:,.3f} ms at {_megahertz(profile.clock_hz)}"
    table.add_column("#", justify="right")
    table.add_column("operator", footer="total")
    table.add_column("output", no_wrap=True, footer=milliseconds)
    table.add_column("MACs", justify="right", footer=f"{profile.macs:,}")
    table.add_column("cycles", justify="right", footer=f"{profile.total_cycles:,}")
    table.add_column("cycles/MAC", justify="right", footer=_ratio(_total_per_mac(profile)))
    table.add_column("share", no_wrap=True)
    table.add_column("kernel")
    table.add_column("exact", footer=_total_mark(profile))
    for layer in profile.layers:
        table.add_row(
            str(layer.index),
            layer.operator,
            layer.output_text,
            f"{layer.macs:,}" if layer.macs else "",
            f"{layer.cycles:,}",
            _ratio(layer.cycles_per_mac),
            _share(layer.cycles, profile.total_cycles),
            Text(layer.kernel, style="" if layer.kernel == "reference" else "cyan"),
            exact_mark(layer),
        )
    return table


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
    if profile.simulated_hz is not None:
        lines.append(
            f"simulation: {profile.simulated_cycles:,} cycles at "
            f"{profile.simulated_hz / 1e6:.2f} MHz of wall time ({profile.sources.wall_seconds})"
        )
    return tuple(lines)


def provenance_caption(profile: Profile) -> str:
    """Return where a profile's numbers come from."""
    flags = " ".join(profile.compiler.flags)
    return (
        f"cycles: {profile.sources.cycles}, {profile.simulator.name} {profile.simulator.version}; "
        f"board {profile.board}, CPU {profile.cpu}, {profile.memory.note}\n"
        f"kernels by {profile.compiler.name} {profile.compiler.version} {flags}\n"
        f"MACs: {profile.sources.macs}; exact: against TensorFlow Lite Micro on the host"
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


def _total_per_mac(profile: Profile) -> float | None:
    return profile.total_cycles / profile.macs if profile.macs else None


def _ratio(value: float | None) -> str:
    return "" if value is None else f"{value:,.2f}"


def _share(cycles: int, total: int) -> Text:
    share = cycles / total if total else 0.0
    eighths = round(share * _BAR_WIDTH * 8)
    bar = _EIGHTHS[8] * (eighths // 8) + (_EIGHTHS[eighths % 8] if eighths % 8 else "")
    return Text.assemble(f"{share:6.1%} ", (bar, "blue"))


def _megahertz(hertz: int) -> str:
    return f"{hertz / 1e6:g} MHz"
