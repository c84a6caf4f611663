"""The page that lists a project's runs."""

from __future__ import annotations

__all__ = ["runs_page"]

from collections.abc import Sequence

from profiles import RunEntry
from profiles.report import Step, ladder_plot, page
from profiles.report.markup import Markup, clean, element, joined

_HEADS = (
    ("", False), ("#", True), ("when, UTC", False), ("model", False), ("design", False),
    ("cycles", True), ("ms", True), ("exact", False), ("cycles are", False), ("board", False),
    ("CPU", False), ("label", False), ("commit", False),
)  # fmt: skip
_REVISION_LENGTH = 10
_MOST_ROWS = 500
_MOST_STEPS = 200  # of a ladder


def runs_page(name: str, entries: Sequence[RunEntry], *, state: str) -> str:
    """Return the page of a project's runs, from which others are reached.

    Parameters
    ----------
    name
        The project's.
    entries
        Newest first.
    state
        See `profiles.report.page`.
    """
    content = _runs(entries[:_MOST_ROWS]) if entries else _nothing()
    left_out = (
        element("p", f"These are the newest {_MOST_ROWS} of {len(entries):,} runs.", class_="note")
        if len(entries) > _MOST_ROWS
        else None
    )
    return page(
        f"{name} · runs",
        element("header", element("h1", clean(name))),
        element("main", left_out, content),
        watched=state,
        is_live=True,
    )


def _nothing() -> Markup:
    return element(
        "p",
        "No runs yet. ",
        element("code", "cfu run"),
        " in the project records one, and it appears here.",
    )


def _runs(entries: Sequence[RunEntry]) -> Markup:
    ladders: dict[tuple[str, str, str], list[RunEntry]] = {}
    for entry in reversed([each for each in entries if not each.is_aside]):
        ladders.setdefault((entry.model_digest, entry.board, entry.cpu), []).append(entry)
    head = element(
        "tr",
        *(
            element("th", text, class_="number" if is_number else None, scope="col")
            for text, is_number in _HEADS
        ),
    )
    table = element(
        "table",
        element("thead", head),
        element("tbody", joined(map(_row, entries), "\n")),
        class_="sortable",
    )
    return joined(
        [
            element(
                "form",
                element("div", table, class_="wide"),
                element(
                    "p", element("button", "Compare what is chosen", type="submit"),
                    " The one with the lowest number is the baseline.",
                ),
                action="/compare",
                method="get",
            ),
            *(_ladder(f"ladder-{n}", each) for n, each in enumerate(ladders.values())),
        ]
    )  # fmt: skip


def _row(entry: RunEntry) -> Markup:
    title = f"{entry.name}{' (aside)' if entry.is_aside else ''}"
    box = element(
        "input", type="checkbox", name="run", value=entry.number,
        aria_label=f"compare run {entry.number}",
    )  # fmt: skip
    commit = (entry.git_revision or "")[:_REVISION_LENGTH]
    dirty = " +" if entry.git_revision is not None and entry.is_dirty else ""
    again = "once" if entry.repeats == 1 else f"{entry.repeats} times"
    repeats = f" ({again} more)" if entry.repeats else ""
    return element(
        "tr",
        element("td", box),
        _number(str(entry.number), entry.number),
        element("td", f"{entry.time:%Y-%m-%d %H:%M}{repeats}"),
        element("td", clean(entry.model, limit=40)),
        element("td", element("a", clean(title, limit=60), href=f"/runs/{entry.number}")),
        _number(f"{entry.cycles:,}", entry.cycles),
        _number(f"{entry.milliseconds:,.3f}", entry.milliseconds),
        element(
            "td",
            "yes" if entry.is_bit_exact else "NO",
            class_="good" if entry.is_bit_exact else "bad strong",
        ),
        element("td", clean(entry.provenance, limit=20)),
        element("td", clean(entry.board, limit=30)),
        element("td", clean(entry.cpu, limit=30)),
        element("td", clean(entry.label or "", limit=60)),
        element("td", clean(f"{commit}{dirty}")),
    )


def _number(text: str, value: float) -> Markup:
    return element("td", text, class_="number", data_value=f"{value:.12g}")


def _ladder(name: str, entries: Sequence[RunEntry]) -> Markup | None:
    """Return the plot of runs of one model on one board and CPU, oldest first."""
    if len(entries) < 2:
        return None
    steps = [Step.of(entry) for entry in entries[-_MOST_STEPS:]]
    first = entries[0]
    caption = (
        f"runs of {clean(first.model)} on board {clean(first.board)}, CPU {clean(first.cpu)}; "
        "crosses were not bit-exact"
    )
    return element(
        "figure",
        element("div", ladder_plot(steps, name=name), class_="wide plot"),
        element("figcaption", caption),
    )
