"""An advice as one HTML file: plots and tables that need nothing but the file."""

from __future__ import annotations

__all__ = ["advice_report", "save_report"]

import os
from collections.abc import Iterable, Sequence
from html import escape
from pathlib import Path

from profiles.advice import BYTES_PER_CYCLE, Advice, Bound
from profiles.advice_plot import COLOURS, gain_plot, roofline_plot
from profiles.advice_table import advice_lines, bound_texts, gain_text
from profiles.profile import Profile
from profiles.table import provenance_caption
from toolchain import PlaygroundError

_HEAD = [
    "#", "operator", "output", "MACs", "cycles", "share", "bound by",
    *(bound.value for bound in Bound),
    "MACs/ byte", "MACs/ cycle", "of peak", "of roof", "gain at most",
]  # fmt: skip
_WORDS = (1, 2, 6)  # columns of words; the others are numbers
_STYLE = """\
:root { color-scheme: light dark; %(light)s; --paper: #ffffff }
@media (prefers-color-scheme: dark) { :root { %(dark)s; --paper: #0d1117 } }
@media print { :root { color-scheme: light; %(light)s; --paper: #ffffff } }
body { background: var(--paper); color: var(--ink); font: 15px/1.45 system-ui, sans-serif;
  margin: 2rem auto; max-width: 72rem; padding: 0 1rem }
h1 { font-size: 1.5rem } h2 { font-size: 1.15rem; break-after: avoid; margin-top: 2rem }
figure { margin: 0; break-inside: avoid } svg { height: auto; max-width: 100%%; width: 46rem }
.wide { overflow-x: auto }
table { border-collapse: collapse; font-size: 0.75rem; font-variant-numeric: tabular-nums }
th, td { border-bottom: 1px solid var(--faint); padding: 0.2rem 0.45rem; text-align: right }
th { vertical-align: bottom } .word { text-align: left; white-space: nowrap }
tr { break-inside: avoid } dt { font-weight: 600 } dd { margin: 0 0 0.3rem 1.2rem }
@media print { body { font-size: 10pt; margin: 0; max-width: none } table { font-size: 6pt }
  th, td { padding: 0.1rem 0.2rem } svg { max-height: 17cm; width: 100%% } }
"""


def advice_report(profile: Profile, advice: Advice) -> str:
    """Return the HTML text of a run's advice."""
    light, dark = (
        "; ".join(f"--{name}: {pair[side]}" for name, pair in COLOURS.items()) for side in (0, 1)
    )
    title = f"{profile.model.name} · {profile.title}"
    facts = (
        f"{profile.total_cycles:,} cycles, {profile.milliseconds:,.3f} ms at "
        f"{profile.clock_hz / 1e6:g} MHz, {profile.macs:,} MACs"
    )
    meanings = "".join(
        f"<dt>{escape(bound.value)}</dt><dd>{escape(text)}</dd>"
        for bound, text in bound_texts().items()
    )
    return f"""\
<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>{escape(title)}</title>
<style>
{_STYLE % {"light": light, "dark": dark}}</style>
</head>
<body>
<h1>{escape(title)}</h1>
<p>{escape(facts)}</p>
{_paragraphs(advice_lines(advice))}
<h2>Where the cycles go, and what speeding up a layer can bring</h2>
<figure>{gain_plot(advice)}</figure>
<p>What each layer's cycles go to is estimated from what was counted:</p>
<dl>{meanings}</dl>
<h2>How far from the roof</h2>
<figure>{roofline_plot(advice)}</figure>
<p>The slope is {BYTES_PER_CYCLE:g} bytes a cycle; a point is a layer, its size the share of the
cycles, its colour what bounds it.</p>
<h2>Layers</h2>
<p>The shares of MACs, loads, requantization and overhead are estimates and may overlap.</p>
<div class="wide">{_table(profile, advice)}</div>
{_paragraphs(provenance_caption(profile).splitlines())}
</body>
</html>
"""


def save_report(profile: Profile, advice: Advice, path: Path) -> None:
    """Write the report; the file appears whole or not at all.

    Raises
    ------
    PlaygroundError
        If it cannot be written.
    """
    scratch = path.parent / f".{path.name}.{os.getpid()}"
    try:
        try:
            scratch.write_text(advice_report(profile, advice), encoding="utf-8")
            scratch.replace(path)
        finally:
            scratch.unlink(missing_ok=True)
    except OSError as error:
        raise PlaygroundError(
            f"cannot write the report `{path}`: {error.strerror}",
            hint="`--report` takes the path of a file in a directory that exists",
        ) from error


def _table(profile: Profile, advice: Advice) -> str:
    rows = []
    for layer, run in zip(advice.layers, profile.layers, strict=True):
        has_macs = bool(layer.macs)
        rows.append(
            [
                str(layer.index),
                layer.operator,
                run.output_text,
                f"{layer.macs:,}" if has_macs else "",
                f"{layer.cycles:,}",
                f"{layer.share:.1%}",
                layer.bound.value if layer.cycles else "",
                *(f"{layer.parts[b] / layer.cycles:.0%}" if layer.cycles else "" for b in Bound),
                f"{layer.intensity:,.2f}" if has_macs else "",
                f"{layer.macs_per_cycle:,.2f}" if has_macs else "",
                f"{layer.of_peak:.1%}" if has_macs else "",
                f"{layer.of_roof:.1%}" if layer.of_roof is not None else "",
                gain_text(layer.gain),
            ]
        )
    head = _row(_HEAD, "th")
    body = "".join(_row(row, "td") for row in rows)
    return f"<table><thead>{head}</thead><tbody>{body}</tbody></table>"


def _row(cells: Sequence[str], tag: str) -> str:
    marked = (
        f"<{tag}{' class=word' if column in _WORDS else ''}>{escape(cell)}</{tag}>"
        for column, cell in enumerate(cells)
    )
    return f"<tr>{''.join(marked)}</tr>\n"


def _paragraphs(lines: Iterable[str]) -> str:
    return "\n".join(f"<p>{escape(line)}</p>" for line in lines)
