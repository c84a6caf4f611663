from __future__ import annotations

import pytest

from profiles.report.colours import COLOURS, PLACEHOLDERS, with_variables

_READABLE = 4.5  # WCAG 2.2, success criterion 1.4.3
_TO_BE_SEEN = 1.7  # bars and lines beside the paper; those beside each other have edges and titles


def _luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _contrast(one: str, other: str) -> float:
    high, low = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("side", [0, 1])
@pytest.mark.parametrize("paper", ["paper", "raised"])
@pytest.mark.parametrize("text", ["ink", "muted", "accent", "good", "bad", "warn"])
def test_text_can_be_read(text: str, paper: str, side: int) -> None:
    assert _contrast(COLOURS[text][side], COLOURS[paper][side]) >= _READABLE


@pytest.mark.parametrize("side", [0, 1])
def test_bars_can_be_seen(side: int) -> None:
    paper = COLOURS["paper"][side]
    bars = [name for name in COLOURS if name.startswith(("cause-", "bound-", "run-"))]
    pale = [name for name in bars if _contrast(COLOURS[name][side], paper) < _TO_BE_SEEN]
    assert pale == []


def test_every_placeholder_becomes_a_variable() -> None:
    drawn = " ".join(PLACEHOLDERS.values())
    assert with_variables(drawn).split() == [f"var(--{name})" for name in COLOURS]
