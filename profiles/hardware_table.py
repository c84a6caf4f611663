"""Time and area of profiles side by side."""

from __future__ import annotations

__all__ = ["hardware_table"]

from collections.abc import Callable

from rich.table import Table

from profiles.compare import Comparison
from profiles.layout import Column, fitted_table
from profiles.profile import Profile
from soc.synthesis import ResourceKind, SynthReport

_Row = tuple[str, Callable[[Profile], str]]


def hardware_table(comparison: Comparison, *, width: int | None = None) -> Table:
    """Return the table of what each profile's inference takes of time, and its hardware of area.

    Cycles become milliseconds at the board's clock. What synthesis found is shown for the profiles
    whose hardware was synthesized; each number's caption tells its provenance.

    Parameters
    ----------
    width
        Characters in a line.
    """
    profiles = comparison.profiles
    rows: list[_Row] = [
        ("cycles", lambda profile: f"{profile.total_cycles:,}"),
        ("clock, MHz", lambda profile: f"{profile.clock_hz / 1e6:g}"),
        ("milliseconds", lambda profile: f"{profile.milliseconds:,.3f}"),
    ]
    synthesized = [profile for profile in profiles if profile.synthesis is not None]
    if synthesized:
        rows.append(("fastest clock, MHz", _fastest_clock))
        for kind in ResourceKind:
            for cell in _cells(synthesized, kind):
                rows.append((_label(kind, cell, synthesized), _counted(kind, cell)))
                in_cfu = _counted(kind, cell, cfu=True)
                if {in_cfu(profile) for profile in profiles} - {"-", "0"}:
                    rows.append(("  of these in the CFU", in_cfu))
    columns = [Column("", [label for label, _ in rows])]
    columns += [
        Column(
            f"#{position} {name}",
            [show(profile) for _, show in rows],
            justify="right",
        )
        for position, (profile, name) in enumerate(zip(profiles, comparison.names, strict=True))
    ]
    return fitted_table(
        columns, title="Time and area", caption=_caption(comparison, synthesized), width=width
    )


def _fastest_clock(profile: Profile) -> str:
    report = profile.synthesis
    if report is None or report.fmax_hz is None:
        return "-"
    return f"{report.fmax_hz / 1e6:.2f}" + ("" if report.timing_met else " NOT MET")


def _cells(profiles: list[Profile], kind: ResourceKind) -> list[str]:
    """Return the cells of a kind that any of the designs has, in their order."""
    found = {
        resource.cell: None
        for profile in profiles
        if profile.synthesis is not None
        for resource in profile.synthesis.resources
        if resource.kind is kind and resource.used
    }
    return list(found)


def _label(kind: ResourceKind, cell: str, profiles: list[Profile]) -> str:
    return f"{kind} ({cell})" if len(_cells(profiles, kind)) > 1 else str(kind)


def _counted(kind: ResourceKind, cell: str, *, cfu: bool = False) -> Callable[[Profile], str]:
    def show(profile: Profile) -> str:
        report = profile.synthesis
        if report is None:
            return "-"
        for resource in report.resources:
            if (resource.kind, resource.cell) == (kind, cell):
                if cfu:
                    return f"{resource.split.cfu:,}"
                of = f" of {resource.available:,}" if resource.available is not None else ""
                return f"{resource.used:,}{of}"
        return "-"

    return show


def _caption(comparison: Comparison, synthesized: list[Profile]) -> str:
    lines = [f"cycles: {comparison.baseline.sources.cycles}; clock: the board's"]
    lines += [
        f"#{position} area and fastest clock: {_source(report)}"
        for position, report in enumerate(p.synthesis for p in comparison.profiles)
        if report is not None
    ]
    if len(synthesized) < len(comparison.profiles):
        lines.append("`cfu synth` of a design, or `--synth`, adds its area")
    return "\n".join(lines)


def _source(report: SynthReport) -> str:
    steps = sorted({str(resource.provenance) for resource in report.resources})
    tools = ", ".join(f"{name} {version}" for name, version in report.tools.items())
    seed = f", seed {report.seed}" if report.seed is not None else ""
    return f"{' and '.join(steps)} on {report.device}, {tools}{seed}"
