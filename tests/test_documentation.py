"""The documentation as a site, and what its pages say that can be checked without running much."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

_ROOT = Path(__file__).parents[1]
_DOCS = _ROOT / "docs"


def test_the_site_builds_without_a_warning(tmp_path: Path) -> None:
    built = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(tmp_path / "site")],
        cwd=_ROOT,
        env={**os.environ, "NO_MKDOCS_2_WARNING": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert built.returncode == 0, built.stderr
    pages = sorted((tmp_path / "site").glob("*.html"))
    assert {page.stem for page in pages} >= {page.stem for page in _DOCS.glob("*.md")}
    # Nothing is loaded from elsewhere: no script, no style, no font, no image.
    loaded = re.compile(
        r"<(?:script|img|iframe)[^>]+src=\"?https?:|<link[^>]+href=\"?https?:[^>]*>"
    )
    for page in pages:
        assert not loaded.findall(page.read_text()), page.name


def _flowchart(text: str) -> subprocess.CompletedProcess[str]:
    program = "import sys, flowchart; print(flowchart.flowchart_svg(sys.stdin.read()))"
    return subprocess.run(
        [sys.executable, "-c", program],
        input=text,
        cwd=_DOCS / "site",
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_chart_has_every_box_and_arrow_once() -> None:
    drawn = _flowchart(
        'flowchart LR\n a["one <a>"] --> b -- "by" --> c\n c -. back .-> a\n b --> c\n'
    )
    assert drawn.stdout.count("<rect") == 3
    assert drawn.stdout.count("marker-end") == 4
    assert drawn.stdout.count("stroke-dasharray") == 1
    assert re.findall(r"<text[^>]*>([^<]*)<", drawn.stdout) == [
        *("by", "back", "one &lt;a&gt;", "b", "c")
    ]


def test_a_chart_that_is_not_understood_is_an_error() -> None:
    assert "no arrow with its node at ` ==> b`" in _flowchart("flowchart LR\n a ==> b\n").stderr


def test_the_timing_diagrams_are_of_the_recorded_bus(tmp_path: Path) -> None:
    program = (
        "import sys, json; from pathlib import Path; sys.path.insert(0, 'docs/timing');"
        "import draw;"
        "recorded = json.loads(Path('docs/timing/bus.json').read_text());"
        "print(json.dumps({f: draw.draw(recorded[n]) for n, f in draw.PICTURES.items()}))"
    )
    drawn = subprocess.run(
        [sys.executable, "-c", program], cwd=_ROOT, capture_output=True, text=True, check=True
    )
    for file, picture in json.loads(drawn.stdout).items():
        assert (_DOCS / "images" / file).read_text() == picture, file
