"""Pieces of Markdown pages."""

from __future__ import annotations

__all__ = ["millions", "table_section"]

from collections.abc import Sequence


def table_section(
    title: str, header: Sequence[str], rows: Sequence[Sequence[str]], *, right: int = 1
) -> list[str]:
    """Return a section of a table, of which columns from `right` on are numbers."""
    rule = ["---:" if right and index >= right else "---" for index in range(len(header))]
    return [f"## {title}\n", *(f"| {' | '.join(row)} |" for row in (header, rule, *rows)), ""]


def millions(cycles: int | None) -> str:
    """Return a number of cycles as "1.25 M"; nothing for `None`."""
    return "" if cycles is None else f"{cycles / 1e6:,.4g} M"
