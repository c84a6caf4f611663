"""The sections of a report."""

from __future__ import annotations

__all__ = ["Section", "sections_of"]

from collections.abc import Callable
from dataclasses import dataclass

from profiles.advice import BYTES_PER_CYCLE
from profiles.advice_table import advice_lines, advice_table, bound_texts
from profiles.compare import Comparison, comparison_table
from profiles.exactness import describe_mismatch
from profiles.hardware_table import hardware_table
from profiles.profile import Profile
from profiles.report.area_plot import area_plot
from profiles.report.arena_plot import arena_of, arena_plot
from profiles.report.causes_plot import layer_causes_plot, run_causes_plot
from profiles.report.content import Report
from profiles.report.gain_plot import amdahl_plot, gain_plot
from profiles.report.graph import graph_picture
from profiles.report.ladder_plot import ladder_plot
from profiles.report.layers_plot import layers_plot
from profiles.report.markup import Child, Markup, clean, element, joined, lines
from profiles.report.memory_map import memory_map
from profiles.report.provenance import provenance_tables
from profiles.report.roofline_plot import roofline_plot
from profiles.report.table import html_table
from profiles.table import layer_table, provenance_caption, summary_lines
from profiles.why_table import why_tables


@dataclass(frozen=True)
class Section:
    """A part of the page with a heading of its own; `name` is its anchor, and the link's text."""

    name: str
    title: str
    body: Markup


def sections_of(report: Report) -> tuple[Section, ...]:
    """Return the sections for which there is anything to show."""
    made = [
        Section(name, title, body)
        for name, title, make in _SECTIONS
        if (body := make(report)) is not None
    ]
    return tuple(made)


def _layers(report: Report) -> Markup:
    profiles = [run.profile for run in report.runs]
    subject = report.subject.profile
    tables = [html_table(layer_table(subject))]
    if report.comparison is not None:
        tables.insert(0, html_table(comparison_table(report.comparison)))
    labels = (
        "beside the bars: the speedup of the last run against the first"
        if report.comparison is not None
        else "beside the bars: the share of all cycles"
    )
    return joined(
        [
            *(
                element("p", clean(f"WRONG: {describe_mismatch(layer)}", limit=400), class_="bad")
                for layer in subject.mismatched_layers
            ),
            _figure(layers_plot(profiles, report.comparison), f"{labels}\n{_cycles(subject)}"),
            *tables,
            *(element("p", clean(line, limit=400)) for line in summary_lines(subject)),
        ]
    )


def _causes(report: Report) -> Markup | None:
    subject = report.subject.profile
    layers = [(layer, layer.split) for layer in subject.layers if layer.split is not None]
    if not layers:
        return None
    counted = f"counted in every cycle by {subject.simulator.name} {subject.simulator.version}"
    figures = [
        _figure(
            layer_causes_plot(layers),
            f"what each layer's cycles went to in #{len(report.runs) - 1}; {counted}",
        )
    ]
    known = [run for run in report.runs if all(layer.split for layer in run.profile.layers)]
    if len(known) > 1:
        profiles = [run.profile for run in report.runs]
        figures.append(_figure(run_causes_plot(profiles), f"the same of whole runs; {counted}"))
    return joined([*figures, *(html_table(table) for table in why_tables(subject))])


def _advice(report: Report) -> Markup | None:
    advice = report.subject.advice
    if advice is None:
        return None
    meanings = [
        part
        for bound, text in bound_texts().items()
        for part in (element("dt", bound.value), element("dd", text))
    ]
    source = (
        "estimated from cycles and instructions "
        f"({report.subject.profile.sources.cycles}) and from the model's MACs and bytes"
    )
    return joined(
        [
            *(element("p", clean(line, limit=400)) for line in advice_lines(advice)),
            _figure(gain_plot(advice), f"{source}; gain: Amdahl's, if the layer took no time"),
            element("dl", *meanings),
            _figure(amdahl_plot(advice), "Amdahl's law for each operator of the run"),
            _figure(
                roofline_plot(advice),
                f"the slope is {BYTES_PER_CYCLE:g} bytes a cycle; a point is a layer, its size "
                "the share of the cycles, its colour what bounds it; layers without MACs are not "
                "in it",
            ),
            html_table(advice_table(advice)),
        ]
    )


def _hardware(report: Report) -> Markup | None:
    synthesized = [
        (position, run.profile.synthesis)
        for position, run in enumerate(report.runs)
        if run.profile.synthesis is not None
    ]
    parts: list[Child] = []
    if synthesized:
        position, found = synthesized[-1]
        plot = area_plot(found)
        if plot is not None:
            caption = f"what #{position} takes of {found.device}; {found.provenance}"
            parts.append(_figure(plot, caption))
        path = found.critical_path
        if path is not None:
            text = (
                f"The slowest path of #{position} takes {path.delay_ns:.2f} ns through "
                f"{', '.join(path.parts)}: from {path.start.name} ({path.start.part}) to "
                f"{path.end.name} ({path.end.part})."
            )
            parts.append(element("p", clean(text, limit=600)))
    comparison = report.comparison
    if comparison is None:
        if not synthesized:
            return None
        profile = report.subject.profile
        comparison = Comparison((profile,), differences=(), names=(profile.title,))
    parts.append(html_table(hardware_table(comparison), is_sortable=False))
    return joined(parts)


def _ladder(report: Report) -> Markup | None:
    if len(report.steps) < 2:
        return None
    first, last = report.steps[0], report.steps[-1]
    return joined(
        [
            _figure(
                ladder_plot(report.steps),
                f"runs {first.number} to {last.number} of the project's history with this model, "
                "board and CPU; crosses are runs that were not bit-exact; large points are runs of "
                "this report",
            )
        ]
    )


def _memory(report: Report) -> Markup | None:
    run = report.subject
    sizes, sizes_source = run.profile.sizes, run.profile.sources.sizes
    parts: list[Child] = []
    if run.memories:
        parts.append(memory_map(run.memories))
        where = f"board {run.profile.board}, {run.profile.memory.note}"
        parts.append(_caption(f"{where}; sizes: {sizes_source}; the stack grows into what is free"))
    if report.model is not None:
        plan = arena_of(report.model)
        best = (
            "no plan needs less"
            if plan.size_bytes == plan.lower_bound_bytes
            else (f"{plan.lower_bound_bytes:,} bytes are live at once in layer {plan.peak_layer}")
        )
        differs = (
            f"; the run's arena has {sizes.arena_bytes:,} bytes, so it was planned otherwise"
            if plan.size_bytes != sizes.arena_bytes
            else ""
        )
        parts.append(element("h3", "Arena"))
        parts.append(
            _figure(
                arena_plot(report.model, plan),
                f"tensors by the layers in which their content must hold; {plan.size_bytes:,} "
                f"bytes, {best}{differs}; planned from the model",
            )
        )
    return joined(parts) if parts else None


def _graph(report: Report) -> Markup | None:
    if report.model is None:
        return None
    profile = report.subject.profile
    return _figure(
        graph_picture(report.model, profile),
        f"layers in the order in which they run, with their cycles in #{len(report.runs) - 1}; "
        f"graph: model, {_cycles(profile)}",
    )


def _provenance(report: Report) -> Markup:
    return provenance_tables(report.runs)


_SECTIONS: tuple[tuple[str, str, Callable[[Report], Markup | None]], ...] = (
    ("layers", "Cycles of each layer", _layers),
    ("causes", "Where the cycles go", _causes),
    ("bounds", "What bounds them, and what is to be gained", _advice),
    ("hardware", "Time, area and clock", _hardware),
    ("history", "The ladder so far", _ladder),
    ("memory", "Memory", _memory),
    ("graph", "The model", _graph),
    ("provenance", "Provenance", _provenance),
)


def _figure(picture: Markup, caption: str) -> Markup:
    return element(
        "figure",
        element("div", picture, class_="wide plot", tabindex=0),
        element("figcaption", lines(caption)),
    )


def _caption(text: str) -> Markup:
    return element("p", clean(text, limit=600), class_="caption")


def _cycles(profile: Profile) -> str:
    return provenance_caption(profile).split("\n")[0]
