"""Drawing with matplotlib for a page: SVG in the page's colours, with text to hover for."""

from __future__ import annotations

__all__ = ["Plot", "drawing"]

import io
import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from matplotlib import rc_context
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from profiles.report.colours import PLACEHOLDERS, with_variables
from profiles.report.markup import Markup, clean, element

_WIDTH_INCHES = 7.4
_STYLE: dict[Any, object] = {
    "font.family": "sans-serif",
    "font.size": 9.0,
    "svg.fonttype": "none",  # text stays text
    "svg.hashsalt": "report",  # the same plot is the same file
    "text.parse_math": False,  # a dollar sign in a name is one
    **dict.fromkeys(("text.color", "axes.labelcolor"), PLACEHOLDERS["ink"]),
    **dict.fromkeys(("xtick.color", "ytick.color", "axes.edgecolor"), PLACEHOLDERS["ink"]),
    "grid.color": PLACEHOLDERS["faint"],
    "axes.facecolor": "none",
    "figure.facecolor": "none",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "legend.framealpha": 0.0,
    "legend.edgecolor": "none",
    "legend.fontsize": 8.0,
}
_HOVER = "hover-"


class Plot:
    """A figure with one pair of axes.

    Parameters
    ----------
    name
        Unique in the page.
    title
        What it shows, for those who cannot see it.
    height
        Inches.
    options
        Of the axes, as `Figure.add_subplot` takes them.
    """

    def __init__(self, name: str, title: str, *, height: float, **options: Any) -> None:
        self._name = name
        self._title = title
        self._hovers: list[str] = []
        self.figure = Figure(figsize=(_WIDTH_INCHES, height), layout="constrained")
        self.axes: Axes = self.figure.add_subplot(**options)

    def hover(self, artist: Artist, text: str) -> None:
        """Show text when the pointer is over a bar, a marker or a line."""
        artist.set_gid(f"{_HOVER}{len(self._hovers)}")
        self._hovers.append(text)

    def svg(self) -> Markup:
        """Return the figure as an element for an HTML page, colours as the page's variables."""
        stream = io.StringIO()
        self.figure.savefig(stream, format="svg", metadata={"Date": None, "Creator": None})
        text = stream.getvalue()
        text = text[text.index("<svg") :].strip()
        # It takes the room there is; its own size is in the view box.
        head, _, rest = text.partition(">")
        head = re.sub(r' (?:width|height|xmlns|xmlns:xlink|version)="[^"]*"', "", head)
        rest = re.sub(r"<style.*?</style>|<metadata.*?</metadata>", "", rest, flags=re.DOTALL)
        # Several of them are in one page, where an id is there once.
        rest = re.sub(r'\bid="', f'id="{self._name}-', rest)
        rest = re.sub(r'\b(?:xlink:)?href="#', f'href="#{self._name}-', rest)
        rest = rest.replace("url(#", f"url(#{self._name}-")
        rest = re.sub(rf'<g id="{self._name}-{_HOVER}(\d+)">', self._titled, rest)
        title = element("title", clean(self._title))
        return Markup(with_variables(f'{head} role="img">{title}{rest}'))

    def _titled(self, match: re.Match[str]) -> str:
        return f"<g>{element('title', clean(self._hovers[int(match[1])], limit=400))}"


@contextmanager
def drawing() -> Iterator[None]:
    """Draw in the reports' style.

    Not for several threads at once: matplotlib's settings are the process's.
    """
    with rc_context(_STYLE), warnings.catch_warnings():
        # It measures text with its own font; the page has others.
        warnings.filterwarnings("ignore", message=r"Glyph .* missing from font")
        yield
