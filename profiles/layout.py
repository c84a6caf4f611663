"""Tables that leave out what a narrow terminal has no room for."""

from __future__ import annotations

__all__ = ["Column", "fitted_table"]

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from rich import box
from rich.console import Console
from rich.measure import Measurement
from rich.table import Table
from rich.text import Text

_BEYOND_ANY_TABLE = 10_000


@dataclass(frozen=True)
class Column:
    """A column of a table.

    Attributes
    ----------
    cells
        One for each row.
    expendable
        0 for a column that is always shown; of the others, the one with the highest number is
        left out first.
    """

    header: str
    cells: Sequence[str | Text]
    footer: str | Text = ""
    justify: Literal["left", "right"] = "left"
    expendable: int = 0


def fitted_table(
    columns: Sequence[Column], *, title: str, caption: str, width: int | None = None
) -> Table:
    """Return a table without as many expendable columns as it takes to fit.

    Parameters
    ----------
    caption
        Wrapped at the table's width.
    width
        Characters in a line; `None` for any number.
    """
    shown = list(columns)
    while True:
        table = _table(shown, title=title, caption=caption)
        expendable = max(column.expendable for column in shown)
        if width is None or not expendable or _width(table) <= width:
            return table
        shown = [column for column in shown if column.expendable != expendable]


def _table(columns: Sequence[Column], *, title: str, caption: str) -> Table:
    table = Table(
        title=Text(title, style="bold"),
        caption=Text(caption, style="dim"),
        title_justify="left",
        caption_justify="left",
        box=box.SIMPLE_HEAD,
        show_footer=any(column.footer for column in columns),
        padding=(0, 1, 0, 0),
    )
    for column in columns:
        # Where even the rest is too wide, words give way, numbers do not.
        table.add_column(
            column.header,
            footer=column.footer,
            justify=column.justify,
            no_wrap=column.justify == "right",
            overflow="ellipsis",
        )
    for row in zip(*(column.cells for column in columns), strict=True):
        table.add_row(*row)
    return table


def _width(table: Table) -> int:
    console = Console(width=_BEYOND_ANY_TABLE, markup=False)
    return Measurement.get(console, console.options, table).maximum
