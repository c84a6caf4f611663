"""What MkDocs does to these pages beyond its own: links to sources, tables, diagrams.

Pages link to files of the repository as `../gateware/bus.py`, which works where the repository is
looked at. In the site such a link leads to a page with that file's text, which is made here, so
that the site needs no address of a host. A link to a file that is not there is a warning, and so
an error in a strict build.
"""

from __future__ import annotations

__all__ = ["on_files", "on_page_markdown"]

import logging
import re
from pathlib import Path
from typing import Any

from flowchart import flowchart_svg  # beside this file, where MkDocs looks
from mkdocs.structure.files import File, Files, InclusionLevel

_LOG = logging.getLogger("mkdocs.hooks.sources")
_LINK = re.compile(r"\]\(\.\./([^)#\s]+)\)")
_LANGUAGES = {
    ".cc": "cpp",
    ".h": "cpp",
    ".py": "python",
    ".sv": "systemverilog",
    ".toml": "toml",
    ".v": "verilog",
    ".yml": "yaml",
}
_DIAGRAM = re.compile(r"^```mermaid\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def on_files(files: Files, config: Any) -> Files:
    """Add a page for each file of the repository that a page links to."""
    root = Path(config.config_file_path).parent
    wanted: dict[str, str] = {}
    for file in files.documentation_pages():
        for name in _LINK.findall(file.content_string):
            wanted.setdefault(name, file.src_uri)
    for name, page in sorted(wanted.items()):
        path = root / name
        if not path.is_file():
            _LOG.warning("`%s` links to `%s`, which is no file of the repository", page, name)
            continue
        made = File.generated(config, _page(name), content=_shown(name, path))
        made.inclusion = InclusionLevel.NOT_IN_NAV
        files.append(made)
    return files


def on_page_markdown(markdown: str, page: Any, **_: Any) -> str:
    """Lead links out of the documentation to the pages of `on_files`, and draw diagrams."""
    if page.file.generated_by is not None:
        return markdown
    linked = _LINK.sub(lambda link: f"]({_page(link[1])})", markdown)
    return _DIAGRAM.sub(lambda diagram: flowchart_svg(diagram[1]), linked)


def _page(name: str) -> str:
    return f"source/{name}.md"


def _shown(name: str, path: Path) -> str:
    text = path.read_text(encoding="utf-8").rstrip()
    language = _LANGUAGES.get(path.suffix, "text")
    head = f"---\nsearch:\n  exclude: true\nhide: [toc]\n---\n\n# {path.name}\n\n`{name}`\n\n"
    return f"{head}``````{language}\n{text}\n``````\n"
