"""Making the pages of a project's history, one at a time."""

from __future__ import annotations

__all__ = ["Pages"]

import threading
from collections.abc import Callable, Sequence
from functools import lru_cache
from pathlib import Path

from playground.reporting import FoundRun, make_report, recorded_run
from playground.serve.runs_page import runs_page
from profiles import History, RunEntry
from profiles.profile import BASELINE
from profiles.report import Report, page, report_body
from profiles.report.markup import clean, element
from toolchain import PlaygroundError

_KEPT = 64
_MOST_COMPARED = 6


class Pages:
    """The pages of a project's history.

    They are drawn one at a time, whoever asks, and kept until another run is recorded.

    Parameters
    ----------
    project
        Its directory; the history need not be there yet.
    """

    def __init__(self, project: Path) -> None:
        self._project = project
        self._drawing = threading.Lock()
        self._kept: Callable[[tuple[int, ...], str], str] = lru_cache(_KEPT)(self._draw)

    def state(self) -> str:
        """Return what is another text after every run."""
        if not History.path_in(self._project).exists():
            return "0"
        return History.open(self._project).state()

    def runs(self) -> str:
        """Return the page of all runs."""
        return self._kept((), self.state())

    def run(self, number: int) -> str:
        """Return a run's report, beside its model's baseline if there is one to compare with.

        Raises
        ------
        PlaygroundError
            If there is no such run.
        """
        return self._kept((number,), self.state())

    def comparison(self, numbers: Sequence[int]) -> str:
        """Return the report of several runs, the first of which is the baseline.

        Raises
        ------
        PlaygroundError
            If there are too few or too many, or they cannot be compared.
        """
        chosen = tuple(dict.fromkeys(numbers))
        if not 2 <= len(chosen) <= _MOST_COMPARED:
            raise PlaygroundError(
                f"a comparison takes two to {_MOST_COMPARED} runs",
                hint="choose them in the list",
            )
        return self._kept(chosen, self.state())

    def problem(self, error: PlaygroundError) -> str:
        """Return the page that tells of an error."""
        return page(
            "error",
            element("p", element("a", "All runs", href="/")),
            element("h1", clean(error.message, limit=600)),
            element("p", clean(error.hint or "", limit=600)),
        )

    def _entries(self) -> tuple[RunEntry, ...]:
        # To look does not make a history.
        if not History.path_in(self._project).exists():
            return ()
        return History.open(self._project).entries()

    def _draw(self, numbers: tuple[int, ...], state: str) -> str:
        entries = self._entries()
        with self._drawing:
            if not numbers:
                return runs_page(self._project.name, entries, state=state)
            if not entries:
                raise PlaygroundError("there are no runs yet", hint="`cfu run` records one")
            history = History.open(self._project)
            runs = [recorded_run(history, history.find(str(number))) for number in numbers]
            report = (
                make_report(runs, project=self._project, history=entries, allow_unlike=True)
                if len(runs) > 1
                else self._beside_baseline(runs[0], history, entries)
            )
            back = element("p", element("a", "All runs", href="/"), class_="back")
            return page(report.title, back, report_body(report), watched=state)

    def _beside_baseline(
        self, run: FoundRun, history: History, entries: Sequence[RunEntry]
    ) -> Report:
        for entry in entries:
            if (
                entry.name == BASELINE
                and run.profile.title != BASELINE
                and entry.model_digest == run.profile.model.digest
            ):
                runs = [recorded_run(history, entry), run]
                try:
                    return make_report(runs, project=self._project, history=entries)
                except PlaygroundError:
                    continue  # of another board, CPU or compiler
        return make_report([run], project=self._project, history=entries)
