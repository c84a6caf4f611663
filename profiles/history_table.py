"""The runs of a history as a table for people, and as values for programs."""

from __future__ import annotations

__all__ = [
    "CSV_COLUMNS",
    "LoggedRun",
    "best_runs",
    "best_table",
    "log_table",
    "logged_runs",
    "run_json",
]

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from rich.table import Table
from rich.text import Text

from profiles.history import RunEntry
from profiles.layout import Column, fitted_table
from profiles.profile import BASELINE

CSV_COLUMNS = (
    *("number", "time", "model", "name", "board", "cpu", "cycles", "milliseconds", "provenance"),
    *("is_bit_exact", "reference", "change", "label", "git_revision", "is_dirty"),
    *("design_digest", "model_digest", "clock_hz", "is_cached", "is_aside", "repeats", "last_time"),
)
"""The keys of `run_json`, in the order that suits a spreadsheet."""

_SHOWN_DIGITS = 8  # of a commit


@dataclass(frozen=True)
class LoggedRun:
    """A run beside another of the same model on the same board and CPU.

    Attributes
    ----------
    reference
        In a log the run before it; in a list of the best the baseline or, if that was never run,
        the first run. `None` if there is none.
    """

    entry: RunEntry
    reference: RunEntry | None

    @property
    def change(self) -> float | None:
        """Cycles more (or, negative, less) than the reference, as a fraction of its own.

        `None` without a reference, and if either of the two has a wrong result, which has no speed.
        """
        if self.reference is None or not self.reference.cycles:
            return None
        if not (self.entry.is_bit_exact and self.reference.is_bit_exact):
            return None
        return self.entry.cycles / self.reference.cycles - 1

    @property
    def speedup(self) -> float | None:
        """Cycles of the reference by those of the run; `None` where `change` is."""
        if self.change is None or self.reference is None or not self.entry.cycles:
            return None
        return self.reference.cycles / self.entry.cycles


def logged_runs(entries: Sequence[RunEntry]) -> tuple[LoggedRun, ...]:
    """Put each run beside the one before it that is like it; those made aside stand alone.

    Parameters
    ----------
    entries
        Newest first, and so is what is returned.
    """
    before: dict[object, RunEntry] = {}
    found = []
    for entry in reversed(entries):
        if entry.is_aside:
            found.append(LoggedRun(entry, None))
        else:
            found.append(LoggedRun(entry, before.get(_like(entry))))
            before[_like(entry)] = entry
    return tuple(reversed(found))


def best_runs(entries: Sequence[RunEntry]) -> tuple[LoggedRun, ...]:
    """Return the run with the fewest cycles of each model, board and CPU, beside its baseline.

    Runs with wrong results are left out. Of several that are as fast, the oldest is the best.

    Parameters
    ----------
    entries
        Newest first.
    """
    first: dict[object, RunEntry] = {}
    best: dict[object, RunEntry] = {}
    for entry in reversed(entries):
        if entry.is_bit_exact:
            key = _like(entry)
            if first.setdefault(key, entry).name != entry.name == BASELINE:
                first[key] = entry
            if entry.cycles < best.setdefault(key, entry).cycles:
                best[key] = entry
    ordered = sorted(best, key=lambda key: (best[key].model, best[key].milliseconds))
    return tuple(LoggedRun(best[key], first[key]) for key in ordered)


def log_table(runs: Sequence[LoggedRun], *, caption: str = "", width: int | None = None) -> Table:
    """Return the table of a log, with each run's change against the one before.

    Parameters
    ----------
    caption
        More to say below it.
    width
        Characters in a line. In a narrow one, board, CPU, commits and designs are left out.
    """
    lines = [
        "change: against the run before of the same model, board and CPU",
        _provenance([run.entry for run in runs]),
        *([caption] if caption else []),
    ]
    columns = [
        *_columns([run.entry for run in runs]),
        Column("change", [_change(run) for run in runs], justify="right"),
        *_more_columns([run.entry for run in runs]),
    ]
    return fitted_table(columns, title="Runs, newest first", caption="\n".join(lines), width=width)


def best_table(runs: Sequence[LoggedRun], *, width: int | None = None) -> Table:
    """Return the table of the best runs; see `log_table`."""
    entries = [run.entry for run in runs]
    references = [f"#{run.reference.number}" if run.reference else "" for run in runs]
    columns = [
        *_columns(entries),
        Column("ms", [f"{entry.milliseconds:,.3f}" for entry in entries], justify="right"),
        Column("speedup", [_speedup(run) for run in runs], justify="right"),
        Column("over", references, justify="right"),
        *_more_columns(entries),
    ]
    caption = (
        "over: the baseline of the same model, board and CPU, or else the first run\n"
        f"{_provenance(entries)}"
    )
    return fitted_table(columns, title="Fewest cycles", caption=caption, width=width)


def run_json(run: LoggedRun) -> dict[str, Any]:
    """Return a run as JSON-able values, without its profile."""
    entry = run.entry
    values = asdict(entry)
    values["time"], values["last_time"] = entry.time.isoformat(), entry.last_time.isoformat()
    reference = run.reference.number if run.reference is not None else None
    return {
        **values,
        "milliseconds": entry.milliseconds,
        "reference": reference,
        "change": run.change,
    }


def _like(entry: RunEntry) -> tuple[str, str, str, int]:
    return entry.model_digest, entry.board, entry.cpu, entry.clock_hz


def _columns(entries: Sequence[RunEntry]) -> list[Column]:
    return [
        Column("#", [str(entry.number) for entry in entries], justify="right"),
        Column("when", [_when(entry.time) for entry in entries]),
        Column("model", [entry.model for entry in entries]),
        Column("design", [entry.name for entry in entries], expendable=1),
        Column("cycles", [_cycles(entry) for entry in entries], justify="right"),
    ]


def _more_columns(entries: Sequence[RunEntry]) -> list[Column]:
    columns = [
        Column("label", [entry.label or "" for entry in entries]),
        Column("git", [_git(entry) for entry in entries], expendable=2),
    ]
    for name in ("board", "cpu"):
        values = [str(getattr(entry, name)) for entry in entries]
        if len(set(values)) > 1:
            columns.append(Column(name.replace("cpu", "CPU"), values, expendable=3))
    repeats = [f"{entry.repeats + 1} times" if entry.repeats else "" for entry in entries]
    if any(repeats):
        columns.append(Column("run", repeats, expendable=4))
    if len({entry.provenance for entry in entries}) > 1:
        columns.append(Column("cycles by", [entry.provenance for entry in entries]))
    return columns


def _provenance(entries: Sequence[RunEntry]) -> str:
    """Return what a caption says of where all the cycles come from."""
    sources = sorted({entry.provenance for entry in entries})
    by = sources[0] if len(sources) == 1 else "see the column"
    boards = sorted({entry.board for entry in entries})
    cpus = sorted({entry.cpu for entry in entries})
    return f"cycles: {by}; board {', '.join(boards)}, CPU {', '.join(cpus)}"


def _when(time: datetime) -> str:
    """Return a time as the user's clock has it."""
    return f"{time.astimezone():%Y-%m-%d %H:%M}"


def _cycles(entry: RunEntry) -> Text:
    if entry.is_bit_exact:
        return Text(f"{entry.cycles:,}")
    return Text(f"{entry.cycles:,} WRONG", style="bold red")


def _change(run: LoggedRun) -> Text:
    change = run.change
    if change is None:
        return Text("", style="dim")
    if not change:
        return Text("=", style="dim")
    style = "green" if change < 0 else "red"
    text = f"{change:+.1%}" if abs(change) < 10 else f"{change + 1:,.1f}×"
    if text in ("+0.0%", "-0.0%"):
        text = f"{run.entry.cycles - (run.reference.cycles if run.reference else 0):+,}"
    return Text(text, style=style)


def _speedup(run: LoggedRun) -> Text:
    speedup = run.speedup
    return Text("-" if speedup is None else f"{speedup:.2f}×", style="green")


def _git(entry: RunEntry) -> str:
    if entry.git_revision is None:
        return "uncommitted" if entry.is_dirty else ""
    return entry.git_revision[:_SHOWN_DIGITS] + ("+" if entry.is_dirty else "")
