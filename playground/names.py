"""Helping with a name that does not exist."""

from __future__ import annotations

__all__ = ["nearest", "unknown_name"]

import difflib
from collections.abc import Iterable

from toolchain import PlaygroundError


def nearest(name: str, candidates: Iterable[str]) -> str | None:
    """Return the candidate most like a name, if one is like enough to have been meant."""
    by_folded = {candidate.casefold(): candidate for candidate in candidates}
    close = difflib.get_close_matches(name.casefold(), by_folded, n=1, cutoff=0.6)
    return by_folded[close[0]] if close else None


def unknown_name(
    kind: str, name: str, candidates: Iterable[str], *, listed_by: str
) -> PlaygroundError:
    """Return the error of a name that is none of the candidates.

    Parameters
    ----------
    kind
        What the name should have been of: "board".
    listed_by
        The command that lists the candidates.
    """
    meant = nearest(name, candidates)
    suggestion = f"did you mean `{meant}`? " if meant is not None else ""
    return PlaygroundError(
        f"there is no {kind} `{name}`", hint=f"{suggestion}`{listed_by}` shows what there is"
    )
