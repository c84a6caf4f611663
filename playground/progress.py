"""Telling the user what takes so long."""

from __future__ import annotations

__all__ = ["ConsoleProgress", "Progress", "Silent", "Step"]

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from typing import Protocol

import rich.progress
from rich.console import Console

Step = Callable[[int], None]


class Progress(Protocol):
    """What a flow tells of itself while it runs."""

    @property
    def seconds(self) -> Mapping[str, float]:
        """Wall time of each phase that ended, added up over phases of the same name."""
        ...

    def phase(
        self, name: str, description: str, *, total: int | None = None
    ) -> AbstractContextManager[Step]:
        """Mark a phase for the duration of a `with` block.

        Parameters
        ----------
        name
            Key in `seconds`: "simulate".
        description
            What is being done, for people: "simulating `kws01` on the SoC".
        total
            Number of steps, if it is known.

        Returns
        -------
        context manager
            Gives a function to call with the number of steps done so far.
        """
        ...

    def tell(self, text: str) -> None:
        """Say something that stays to be read."""
        ...


class Silent:
    """Progress that only takes the time."""

    def __init__(self) -> None:
        self._seconds: dict[str, float] = {}

    @property
    def seconds(self) -> Mapping[str, float]:
        return dict(self._seconds)

    @contextmanager
    def phase(self, name: str, description: str, *, total: int | None = None) -> Iterator[Step]:
        begun = time.monotonic()
        try:
            with self._shown(description, total) as step:
                yield step
        finally:
            taken = time.monotonic() - begun
            self._seconds[name] = self._seconds.get(name, 0.0) + taken

    def tell(self, text: str) -> None:
        pass

    @contextmanager
    def _shown(self, description: str, total: int | None) -> Iterator[Step]:
        yield lambda done: None


class ConsoleProgress(Silent):
    """Progress on standard error: a moving line on a terminal, a line for each phase elsewhere.

    Parameters
    ----------
    subject
        Put before each description, to tell several runs of a command apart.
    """

    def __init__(self, console: Console, *, subject: str = "") -> None:
        super().__init__()
        self._console = console
        self._prefix = f"{subject}: " if subject else ""

    def tell(self, text: str) -> None:
        self._console.print(self._prefix + text, markup=False, soft_wrap=True)

    @contextmanager
    def _shown(self, description: str, total: int | None) -> Iterator[Step]:
        text = self._prefix + description
        if not self._console.is_terminal:
            self._console.print(text, markup=False)
            yield lambda done: None
            return
        columns = (
            rich.progress.SpinnerColumn(),
            rich.progress.TextColumn("{task.description}", markup=False),
            rich.progress.BarColumn(bar_width=24),
            rich.progress.TimeElapsedColumn(),
        )
        with rich.progress.Progress(*columns, console=self._console, transient=True) as shown:
            task = shown.add_task(text, total=total)
            yield lambda done: shown.update(task, completed=done)
