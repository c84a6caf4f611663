from __future__ import annotations

import io

import pytest
from rich.console import Console

from profiles.layout import Column, fitted_table

_COLUMNS = (
    Column("always", ["a" * 10], "sum"),
    Column("first to go", ["b" * 10], expendable=2),
    Column("then", ["c" * 10], expendable=1),
)


def _rendered(width: int | None) -> str:
    stream = io.StringIO()
    table = fitted_table(_COLUMNS, title="[title]", caption="[caption]", width=width)
    Console(file=stream, width=200, color_system=None).print(table)
    return stream.getvalue()


@pytest.mark.parametrize(
    ("width", "shown"),
    [
        (None, "abc"),
        (200, "abc"),
        (38, "abc"),
        (37, "ac"),
        (25, "ac"),
        (24, "a"),
        (15, "a"),
        (1, "a"),
    ],
)
def test_columns_go_in_their_order(width: int | None, shown: str) -> None:
    text = _rendered(width)
    assert [letter for letter in "abc" if letter * 10 in text] == list(shown)


def test_what_is_said_to_fit_does() -> None:
    for width in range(13, 60):
        assert max(len(line.rstrip()) for line in _rendered(width).splitlines()) <= width


def test_text_is_not_taken_for_markup() -> None:
    text = _rendered(None)
    assert "[title]" in text
    assert "[caption]" in text
    assert "sum" in text
