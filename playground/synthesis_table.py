"""A synthesis report as a table for people."""

from __future__ import annotations

__all__ = ["synthesis_lines", "synthesis_table"]

from rich import box
from rich.table import Table
from rich.text import Text

from soc.synthesis import Provenance, SynthReport

_PARTS = ("soc", "cpu", "cfu")
_ALMOST_FULL = 0.9


def synthesis_table(report: SynthReport) -> Table:
    """Return the table of what the design needs of the device, by part of the system."""
    alone = report.cpu is None
    title = f"CFU {report.cfu} alone" if alone else f"CPU {report.cpu}, CFU {report.cfu}"
    caption = ", ".join(f"{name} {version}" for name, version in report.tools.items())
    if report.seed is not None:
        caption += f", seed {report.seed}"
    table = Table(
        title=Text(f"{report.board} · {title} · {report.device}", style="bold"),
        caption=Text(caption, style="dim"),
        title_justify="left",
        caption_justify="left",
        box=box.SIMPLE_HEAD,
        padding=(0, 1, 0, 0),
    )
    table.add_column("resource")
    for part in () if alone else _PARTS:
        table.add_column("SoC" if part == "soc" else part.upper(), justify="right", no_wrap=True)
    for column in ("used", "of", ""):
        table.add_column(column, justify="right", no_wrap=True)
    table.add_column("cells")
    table.add_column("counted after")
    for resource in report.resources:
        share = resource.used / resource.available if resource.available else None
        style = "" if share is None or share < _ALMOST_FULL else "yellow" if share <= 1 else "red"
        table.add_row(
            str(resource.kind),
            *(f"{getattr(resource.split, part):,}" for part in (() if alone else _PARTS)),
            f"{resource.used:,}",
            f"{resource.available:,}" if resource.available is not None else "",
            Text(f"{share:.0%}" if share is not None else "", style=style),
            resource.cell,
            _STEPS[resource.provenance],
        )
    return table


def synthesis_lines(report: SynthReport) -> tuple[str, ...]:
    """Return what the table does not hold: clocks, the slowest path, time, memory, bitstream."""
    lines = []
    for clock in report.clocks:
        met = "met" if clock.is_met else "NOT MET"
        estimate = ", an estimate without the system around it" if report.cpu is None else ""
        lines.append(
            f"clock {clock.net}: {clock.achieved_hz / 1e6:.2f} MHz of "
            f"{clock.required_hz / 1e6:g} MHz needed, {met} ({report.provenance}{estimate})"
        )
    path = report.critical_path
    if path is not None:
        lines.append(
            f"slowest path: {path.delay_ns:.1f} ns from {path.start.name} ({path.start.part}) "
            f"to {path.end.name} ({path.end.part})"
        )
    if all(resource.available is None for resource in report.resources):
        lines.append(f"what {report.device} has of each is not known: a part not seen before")
    if len(report.seeds_tried) > 1:
        lines.append(f"seeds: {len(report.seeds_tried)} tried, {report.seed} is the fastest")
    lines.append(
        "time and memory: "
        + ", ".join(
            f"{name} {report.wall_seconds[name]:.1f} s {report.peak_bytes[name] / 1e6:,.0f} MB"
            for name in report.tools
        )
        + " (host)"
    )
    if report.bitstream is not None:
        lines.append(f"bitstream: {report.bitstream}")
    elif report.cpu is not None and not report.clocks:
        lines.append(
            "no bitstream: this FPGA's needs Vivado or openXC7 (`vivado` or `nextpnr-xilinx` on "
            "PATH), and neither is there; this is the area alone"
        )
    return tuple(lines)


_STEPS = {Provenance.SYNTHESIS: "synthesis", Provenance.POST_ROUTE: "routing"}
