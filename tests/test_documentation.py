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
