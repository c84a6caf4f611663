from __future__ import annotations

import pytest
from rich.text import Text

from profiles.layout import Column, fitted_table
from profiles.report.table import html_table, sort_value


def _table(**changes: object) -> str:
    columns = [
        Column("name", ["<b>", "c"], "total"),
        Column("cycles\n/MAC", ["98.8k", ""], "99k", justify="right"),
        Column("exact", [Text("yes", style="green"), Text("WRONG", style="bold red")]),
    ]
    return html_table(fitted_table(columns, title="A & B", caption="one\n<two>"), **changes)  # type: ignore[arg-type]


def test_cells_keep_their_meaning() -> None:
    html = _table()
    assert "<h3>A &amp; B</h3>" in html
    assert '<th class="number" scope="col">cycles<br>/MAC</th>' in html
    assert '<td class="number" data-value="98800">98.8k</td>' in html
    assert '<td class="number"></td>' in html
    assert "<td>&lt;b&gt;</td>" in html
    assert '<td class="good">yes</td><' in html
    assert '<td class="bad strong">WRONG</td>' in html
    assert '<tfoot><tr><td>total</td><td class="number">99k</td><td></td></tr></tfoot>' in html
    assert '<p class="caption">one<br>&lt;two&gt;</p>' in html


def test_a_table_may_keep_its_order() -> None:
    assert 'class="sortable"' in _table()
    assert "sortable" not in _table(is_sortable=False)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("17,428,648", 17_428_648.0),
        ("29.23×", 29.23),
        ("*14%", 14.0),
        ("159k", 159e3),
        ("1.2M", 1.2e6),
        ("31 of 5,280", 31.0),
        ("-3.5%", -3.5),
        ("", None),
        ("-", None),
        ("reference", None),
        ("3 keys", 3.0),
    ],
)
def test_what_cells_are_sorted_by(text: str, value: float | None) -> None:
    assert sort_value(text) == value
