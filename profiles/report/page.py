"""A report as one HTML file that needs nothing but itself."""

from __future__ import annotations

__all__ = ["page", "report_body", "report_page", "security_policy"]

import base64
import functools
import hashlib
from pathlib import Path

from profiles.report.colours import colour_rules
from profiles.report.content import Report
from profiles.report.markup import Child, Markup, clean, element, joined, lines
from profiles.report.sections import sections_of

_HERE = Path(__file__).parent


@functools.cache
def _script() -> Markup:
    return Markup((_HERE / "page.js").read_text(encoding="utf-8"))


@functools.cache
def _style() -> Markup:
    light, dark = colour_rules(0), colour_rules(1)
    rules = f"""\
:root {{ color-scheme: light; {light} }}
:root[data-theme=dark] {{ color-scheme: dark; {dark} }}
@media (prefers-color-scheme: dark) {{
  :root:not([data-theme=light]) {{ color-scheme: dark; {dark} }}
}}
@media print {{
  :root:root, :root:root[data-theme=dark], :root:root:not([data-theme=light]) {{
    color-scheme: light; {light} }}
}}
"""
    return Markup(rules + (_HERE / "page.css").read_text(encoding="utf-8"))


def security_policy(*, is_served: bool = False) -> str:
    """Return what the browser is told to allow a page: its own script and style, no other.

    Parameters
    ----------
    is_served
        Whether the page may ask the server that it is from.
    """
    digest = hashlib.sha256(_script().encode()).digest()
    allowed = {
        "default-src": "'none'",
        "style-src": "'unsafe-inline'",
        "script-src": f"'sha256-{base64.b64encode(digest).decode()}'",
        "img-src": "data:",
        "connect-src": "'self'" if is_served else None,
        "form-action": "'self'" if is_served else "'none'",
        "base-uri": "'none'",
    }
    return "; ".join(f"{what} {whence}" for what, whence in allowed.items() if whence)


def page(title: str, *content: Child, watched: str | None = None, is_live: bool = False) -> str:
    """Return a whole page.

    Parameters
    ----------
    content
        Of its body.
    watched
        The state of the server that the page is from, `None` for a file. The page asks for it
        again and again, and says so when it is another one.
    is_live
        Whether the page is loaded anew then.
    """
    is_served = watched is not None
    head = element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element(
            "meta",
            http_equiv="Content-Security-Policy",
            content=security_policy(is_served=is_served),
        ),
        element("meta", name="referrer", content="no-referrer"),
        element("link", rel="icon", href="data:,"),
        element("title", clean(title)),
        Markup(f"<style>\n{_style()}</style>"),
    )
    switch = element("button", "Theme", id="theme", type="button", hidden="")
    body = element("body", switch, joined(content, "\n"), Markup(f"<script>{_script()}</script>"))
    html = element(
        "html",
        head,
        body,
        lang="en",
        data_watched=watched,
        data_live="" if is_live else None,
    )
    return f"<!DOCTYPE html>\n{html}\n"


def report_page(report: Report) -> str:
    """Return the HTML text of a report; the same for the same report."""
    return page(report.title, report_body(report))


def report_body(report: Report) -> Markup:
    """Return what a report's page shows."""
    sections = sections_of(report)
    links = [element("a", each.name, href=f"#{each.name}") for each in sections]
    return joined(
        [
            element(
                "header",
                element("h1", clean(report.title)),
                element("div", *_cards(report), class_="cards"),
                *(
                    element("p", lines(clean(note, limit=600)), class_="note")
                    for note in report.notes
                ),
            ),
            element("nav", *links, aria_label="Sections"),
            element(
                "main",
                *(
                    element("section", element("h2", section.title), section.body, id=section.name)
                    for section in sections
                ),
            ),
        ],
        "\n",
    )


def _cards(report: Report) -> list[Markup]:
    """Return the few figures that one wants to know first."""
    profile = report.subject.profile
    wrong = len(profile.mismatched_layers)
    exact = "bit-exact" if profile.bit_exact else f"{wrong} layers WRONG" if wrong else "unchecked"
    cards = [
        _card(
            f"{profile.total_cycles:,}",
            f"cycles ({profile.sources.cycles})",
            f"{profile.milliseconds:,.3f} ms at {profile.clock_hz / 1e6:g} MHz",
        )
    ]
    if report.comparison is not None:
        speedup = report.comparison.speedup(len(report.runs) - 1)
        baseline = report.comparison.baseline
        unlike = " NOT like with like" if report.comparison.differences else ""
        cards.append(
            _card(
                f"{speedup:.2f}×" if speedup is not None else "no speedup",
                f"against {baseline.title}",
                f"{baseline.total_cycles:,} cycles{unlike}",
            )
        )
    cards.append(
        _card(
            exact,
            f"{len(profile.layers)} layers",
            "against TensorFlow Lite Micro",
            class_="good" if profile.bit_exact else "bad",
        )
    )
    if profile.accuracy is not None:
        correct, total = profile.accuracy.correct, profile.accuracy.total
        cards.append(_card(f"{correct / total:.1%}", "accuracy", f"{correct} of {total} inputs"))
    cards.append(_card(f"{profile.macs:,}", "MACs", f"in {profile.sizes.arena_bytes:,} B of arena"))
    report_ = profile.synthesis
    if report_ is not None and report_.fmax_hz is not None:
        met = "met" if report_.timing_met else "NOT MET"
        cards.append(_card(f"{report_.fmax_hz / 1e6:.1f} MHz", "fastest clock", f"timing {met}"))
    return cards


def _card(value: str, name: str, detail: str, *, class_: str | None = None) -> Markup:
    return element(
        "div",
        element("b", clean(value), class_=class_),
        element("span", clean(name, limit=40)),
        element("small", clean(detail, limit=60)),
        class_="card",
    )
