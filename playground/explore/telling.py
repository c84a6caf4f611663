"""What a search shows of itself while it goes on."""

from __future__ import annotations

__all__ = ["Telling"]

import time
from types import TracebackType
from typing import Self

import rich.progress

from playground.console import Output
from playground.explore.front import Point
from playground.explore.objectives import Measured
from playground.explore.study import Record, Study
from playground.explore.trial import Failure

_SECONDS_BETWEEN_LINES = 30.0


class Telling:
    """A moving line on a terminal, a line now and then elsewhere; failures as they come."""

    def __init__(self, output: Output, trials: int) -> None:
        self._output = output
        self._trials = trials
        self._ended = self._failed = 0
        self._best: int | None = None
        self._began = False
        self._last = time.monotonic()
        self._bar: rich.progress.Progress | None = None
        if output.messages.is_terminal:
            self._bar = rich.progress.Progress(
                rich.progress.SpinnerColumn(),
                rich.progress.TextColumn("{task.description}", markup=False),
                rich.progress.BarColumn(bar_width=24),
                rich.progress.MofNCompleteColumn(),
                rich.progress.TimeElapsedColumn(),
                rich.progress.TimeRemainingColumn(),
                console=output.messages,
                transient=True,
            )
            self._task = self._bar.add_task("searching", total=trials)

    def __enter__(self) -> Self:
        if self._bar is not None:
            self._bar.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._bar is not None:
            self._bar.stop()
        if kind is KeyboardInterrupt and self._began:
            self.tell(f"{self._said()} are kept; `--resume` goes on")

    def begun(self, study: Study) -> None:
        """Say what a study searches, and what is there of it already."""
        records = study.records()
        self._began = True
        self._ended = len(records)
        for record in records:
            self._count(record)
        names = ", ".join(dimension.name for dimension in study.space.dimensions)
        size = study.space.size
        self.tell(f"study `{study.name}`: {self._trials:,} trials in a space of {size:,}: {names}")
        if self._ended:
            unfinished = len(study.unfinished())
            also = f", {unfinished} begun and not ended" if unfinished else ""
            self.tell(f"{self._ended} of {self._trials} trials are there already{also}")
        self._show()

    def ended(self, record: Record) -> None:
        """Take note of a trial that ended."""
        self._ended += 1
        self._count(record)
        if isinstance(record.outcome, Failure):
            self.tell(f"trial {record.number} failed: {record.outcome.reason}")
        now = time.monotonic()
        if self._bar is None and now - self._last > _SECONDS_BETWEEN_LINES:
            self._last = now
            self.tell(self._said())
        self._show()

    def confirming(self, number: int) -> None:
        """Say how many designs the RTL is to run."""
        if number == 0:
            return
        self.tell(f"searched: {self._said()}; now the RTL runs {number} of the front")
        if self._bar is not None:
            self._bar.remove_task(self._task)
            self._task = self._bar.add_task("the front on the RTL", total=number)

    def confirmed(self, point: Point, cycles: int) -> None:
        """Say that the RTL ran a design."""
        if self._bar is not None:
            self._bar.advance(self._task)
        equal = "as counted" if cycles == point.measured.cycles else "which is NOT what was counted"
        self.tell(f"trial {point.number} on the RTL: {cycles:,} cycles, {equal}")

    def tell(self, text: str) -> None:
        """Say something that stays to be read."""
        self._output.messages.print(text, markup=False, soft_wrap=True)

    def _count(self, record: Record) -> None:
        if isinstance(record.outcome, Measured):
            cycles = record.outcome.cycles
            self._best = cycles if self._best is None else min(self._best, cycles)
        else:
            self._failed += 1

    def _said(self) -> str:
        best = f", fewest cycles {self._best:,}" if self._best is not None else ""
        failed = f", {self._failed} failed" if self._failed else ""
        return f"{self._ended} of {self._trials} trials{failed}{best}"

    def _show(self) -> None:
        if self._bar is not None:
            self._bar.update(self._task, completed=self._ended, description=self._said())
