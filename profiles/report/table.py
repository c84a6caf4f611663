"""Tables of the terminal as tables of a page, which can be sorted."""

from __future__ import annotations

__all__ = ["html_table", "sort_value"]

import re

from rich.console import RenderableType
from rich.table import Column, Table
from rich.text import Text

from profiles.report.markup import Markup, clean, element, joined, lines

_UNITS = {"": 1.0, "k": 1e3, "M": 1e6, "G": 1e9}
_NUMBER = re.compile(r"\*?([-+]?\d[\d,]*(?:\.\d+)?)\s*([kMG]?)(?![a-zA-Z])")
_CLASSES = {
    "green": "good",
    "red": "bad",
    "bold red": "bad strong",
    "yellow": "warn",
    "bold yellow": "most",
    "cyan": "own",
    "blue": "bar",
    "dim": "muted",
}
_CELL_LIMIT = 200


def html_table(table: Table, *, is_sortable: bool = True) -> Markup:
    """Return a table of `profiles`' as HTML: its head, rows, foot and caption.

    Parameters
    ----------
    is_sortable
        Whether the page's script may reorder the rows.
    """
    columns = table.columns
    head = element("tr", *(_head(column) for column in columns))
    rows = zip(*(column.cells for column in columns), strict=True)
    body = joined(
        (element("tr", *map(_cell, columns, row)) for row in rows),
        "\n",
    )
    foot = None
    if any(_plain(column.footer) for column in columns):
        foot = element(
            "tfoot", element("tr", *(_cell(c, c.footer, has_value=False) for c in columns))
        )
    content = element(
        "table",
        element("thead", head),
        element("tbody", body),
        foot,
        class_="sortable" if is_sortable else None,
    )
    caption = _plain(table.caption)
    return joined(
        [
            element("h3", lines(clean(_plain(table.title)))),
            element("div", content, class_="wide", tabindex=0),
            element("p", lines(caption), class_="caption") if caption else None,
        ]
    )


def sort_value(text: str) -> float | None:
    """Return the number that a cell shows, such as 98800.0 of "98.8k"; `None` if it shows none."""
    found = _NUMBER.match(text.strip())
    if found is None:
        return None
    return float(found[1].replace(",", "")) * _UNITS[found[2]]


def _head(column: Column) -> Markup:
    return element("th", lines(_plain(column.header)), class_=_kind(column), scope="col")


def _cell(column: Column, cell: RenderableType, *, has_value: bool = True) -> Markup:
    text = _plain(cell)
    style = str(cell.style) if isinstance(cell, Text) else ""
    classes = " ".join(filter(None, (_kind(column), _CLASSES.get(style))))
    value = sort_value(text) if has_value and column.justify == "right" else None
    return element(
        "td",
        clean(text, limit=_CELL_LIMIT),
        class_=classes or None,
        data_value=f"{value:.12g}" if value is not None else None,
    )


def _kind(column: Column) -> str | None:
    return "number" if column.justify == "right" else None


def _plain(content: object) -> str:
    return content.plain if isinstance(content, Text) else str(content or "")
