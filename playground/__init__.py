"""The `cfu` command line: projects, names and the one flow from a design to its profile.

Programs and notebooks import `Design`, `load_design` and `run` from here.
"""

from __future__ import annotations

__all__ = ["Design", "load_design", "run"]

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playground.api import load_design, run
    from playground.design import Design


def __getattr__(name: str) -> object:
    # Imported when asked for: the command line starts without.
    if name == "Design":
        from playground.design import Design

        return Design
    if name in __all__:
        from playground import api

        return getattr(api, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
