"""Colours of a report, on light and on dark paper."""

from __future__ import annotations

__all__ = [
    "BOUND_COLOURS",
    "CAUSE_COLOURS",
    "COLOURS",
    "PLACEHOLDERS",
    "RUN_COLOURS",
    "colour_rules",
    "with_variables",
]

from collections.abc import Mapping

from profiles.advice import Bound
from sim.cycle_split import Cause

_CAUSES: Mapping[Cause, tuple[str, str]] = {
    Cause.ISSUED: ("#3b7dd8", "#4f8fe6"),
    Cause.INSTRUCTION_MISS: ("#e6b800", "#dbb42c"),
    Cause.DATA_MISS: ("#f28e2b", "#f09a47"),
    Cause.STORE: ("#b5179e", "#d65cc4"),
    Cause.UNCACHED: ("#f4a6b8", "#f7bccb"),
    Cause.CONTENTION: ("#8a8a00", "#b5b53a"),
    Cause.LOAD_USE: ("#009e73", "#2cb88c"),
    Cause.HAZARD: ("#56b4e9", "#8accf2"),
    Cause.BRANCH: ("#7b4fd0", "#a586ea"),
    Cause.ARITHMETIC: ("#006d5b", "#3f9e8c"),
    Cause.CFU: ("#d00000", "#ff5c5c"),
    Cause.OTHER: ("#8b949e", "#6e7681"),
}
_BOUNDS: Mapping[Bound, tuple[str, str]] = {
    Bound.MACS: ("#0969da", "#4493f8"),
    Bound.LOADS: ("#bf8700", "#d29922"),
    Bound.REQUANTIZATION: ("#8250df", "#ab7df8"),
    Bound.OVERHEAD: ("#cf222e", "#f85149"),
}
_RUNS = (
    ("#8c959f", "#7d8590"),
    ("#0969da", "#4493f8"),
    ("#bf8700", "#d29922"),
    ("#1a7f37", "#3fb950"),
    ("#8250df", "#ab7df8"),
    ("#cf222e", "#f85149"),
)
CAUSE_COLOURS = {cause: f"cause-{cause.value.replace('_', '-')}" for cause in Cause}
"""Names of colours by cause."""
BOUND_COLOURS = {bound: f"bound-{bound.value.lower()}" for bound in Bound}
"""Names of colours by bound."""
RUN_COLOURS = tuple(f"run-{number}" for number in range(len(_RUNS)))
"""Names of colours of runs beside each other; the first is the baseline's."""
COLOURS: Mapping[str, tuple[str, str]] = {
    "paper": ("#ffffff", "#0d1117"),
    "raised": ("#f6f8fa", "#161b22"),
    "ink": ("#1f2328", "#e6edf3"),
    "muted": ("#59636e", "#9198a1"),
    "faint": ("#d0d7de", "#3d444d"),
    "accent": ("#0969da", "#4493f8"),
    "good": ("#1a7f37", "#3fb950"),
    "bad": ("#cf222e", "#f85149"),
    "warn": ("#9a6700", "#d29922"),
    **{CAUSE_COLOURS[cause]: pair for cause, pair in _CAUSES.items()},
    **{BOUND_COLOURS[bound]: pair for bound, pair in _BOUNDS.items()},
    **dict(zip(RUN_COLOURS, _RUNS, strict=True)),
}
"""Colours by name, each on light and on dark paper."""
PLACEHOLDERS = {name: f"#0000{number:02x}" for number, name in enumerate(COLOURS, start=1)}
"""Colours to draw with; `with_variables` puts the page's variables in their place."""


def colour_rules(side: int) -> str:
    """Return the declarations of the variables, for light (0) or dark (1) paper."""
    return "; ".join(f"--{name}: {pair[side]}" for name, pair in COLOURS.items())


def with_variables(text: str) -> str:
    """Return drawn text with variables for the placeholders."""
    for name, placeholder in PLACEHOLDERS.items():
        text = text.replace(placeholder, f"var(--{name})")
    return text
