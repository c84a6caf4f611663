"""How a long synthesis tells of itself."""

from __future__ import annotations

__all__ = ["Progress"]

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Protocol


class Progress(Protocol):
    """Told of each phase; the command line's own fits."""

    def phase(
        self, name: str, description: str, *, total: int | None = None
    ) -> AbstractContextManager[Callable[[int], None]]:
        """Mark a phase for the duration of a `with` block.

        Parameters
        ----------
        name
            One word: "place".
        description
            What is being done, for people.
        total
            Number of steps, if it is known.

        Returns
        -------
        context manager
            Gives a function to call with the number of steps done so far.
        """
        ...
