from __future__ import annotations

import re
from xml.etree import ElementTree

from profiles.report.colours import COLOURS, PLACEHOLDERS
from profiles.report.plot import Plot, drawing


def _svg(text: str = "a bar") -> str:
    with drawing():
        plot = Plot("bars", "Bars & more", height=2, xlabel="$x$")
        (bar,) = plot.axes.barh([0], [3], color=PLACEHOLDERS["accent"])
        plot.hover(bar, text)
        return plot.svg()


def test_a_bar_tells_what_it_is() -> None:
    root = ElementTree.fromstring(_svg("<b> & co"))
    assert [each.text for each in root.iter("title")] == ["Bars & more", "<b> & co"]


def test_a_dollar_sign_is_one() -> None:
    texts = ["".join(each.itertext()) for each in ElementTree.fromstring(_svg()).iter("text")]
    assert "$x$" in texts


def test_colours_are_variables_of_the_page() -> None:
    svg = _svg()
    assert "var(--accent)" in svg
    assert set(re.findall(r"var\(--([\w-]+)\)", svg)) <= set(COLOURS)
    assert not re.findall(r"#0000[0-9a-f]{2}", svg)


def test_ids_carry_the_plots_name() -> None:
    svg = _svg()
    ids = re.findall(r'\bid="([^"]+)"', svg)
    assert ids
    assert all(each.startswith("bars-") for each in ids)
    used = re.findall(r'(?:href="|url\()#([^")]+)', svg)
    assert set(used) <= set(ids)
    assert "<style" not in svg  # it would be the whole page's


def test_the_same_plot_is_the_same_text() -> None:
    assert _svg() == _svg()
