"""The runs of a project, in a database that lies in it."""

from __future__ import annotations

__all__ = ["History", "RunContext", "RunEntry", "design_digest"]

import re
import sqlite3
import zlib
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from profiles.history_file import connected, damaged, history_path, make_history
from profiles.profile import Profile
from profiles.storage import parse_profile
from toolchain import PlaygroundError, digest

_LEAST_DIGITS = 4  # of a digest's beginning
_COLUMNS = (
    "number, time, last_time, repeats, design_digest, name, model, model_digest, board, cpu, "
    "clock_hz, cycles, provenance, is_bit_exact, is_cached, is_aside, git_revision, is_dirty, label"
)


@dataclass(frozen=True)
class RunContext:
    """What is to be kept of a run beside its profile.

    Attributes
    ----------
    git_revision
        Commit that the project's repository is at; `None` if there is none.
    is_dirty
        Whether the project's files differ from it; `None` if there is no repository.
    label
        The user's own word for the run.
    is_aside
        Whether the run is only there to compare another one with, as a baseline is. It is then no
        step of the project's: `last` is another, and one entry for all that show the same will do.
    """

    git_revision: str | None = None
    is_dirty: bool | None = None
    label: str | None = None
    is_aside: bool = False


@dataclass(frozen=True)
class RunEntry:
    """A run in a history; `History.profile` has all that it showed.

    Attributes
    ----------
    number
        From 1, in the order in which they were recorded.
    time
        When the run ended, UTC.
    last_time
        When the same was run last, UTC.
    repeats
        How often it was run again without anything new to show.
    design_digest
        See `design_digest`.
    name
        CFU and kernels, as tables name them; see `Profile.title`.
    provenance
        Of the cycles; a `Provenance`.
    is_cached
        Whether the run was simulated before, and its record was used.
    is_aside
        See `RunContext`.
    """

    number: int
    time: datetime
    last_time: datetime
    repeats: int
    design_digest: str
    name: str
    model: str
    model_digest: str
    board: str
    cpu: str
    clock_hz: int
    cycles: int
    provenance: str
    is_bit_exact: bool
    is_cached: bool
    is_aside: bool
    git_revision: str | None
    is_dirty: bool | None
    label: str | None

    @property
    def milliseconds(self) -> float:
        """One inference at the board's clock."""
        return self.cycles / self.clock_hz * 1e3


@dataclass(frozen=True)
class History:
    """The runs of one project.

    Every method is one transaction of its own connection, so that a history may be used by any
    number of threads and processes, and a process that is killed loses nothing it recorded. The
    database keeps no path, so that it goes along with a project that is moved or copied.

    Parameters
    ----------
    path
        The database; use `open`.
    """

    path: Path

    @staticmethod
    def path_in(project: Path) -> Path:
        """Return where a project's history is, or will be."""
        return history_path(project)

    @classmethod
    def open(cls, project: Path) -> History:
        """Return a project's history; make it if there is none.

        Raises
        ------
        PlaygroundError
            If it is damaged, of a newer version, or cannot be read or made.
        """
        history = cls(cls.path_in(project))
        make_history(history.path)
        with connected(history.path):
            return history

    def record(self, profile: Profile, context: RunContext) -> RunEntry:
        """Add a run and return its entry.

        A run that shows nothing but what the last one did, at the same revision, is counted there
        as a repeat. A label that it brings becomes that one's, if it has none.

        Raises
        ------
        PlaygroundError
            If the history cannot be written; nothing is recorded then.
        """
        values = _values(profile, context)
        with connected(self.path) as connection:
            connection.execute("BEGIN IMMEDIATE")
            number = _repeated(connection, values, context)
            if number is None:
                names, marks = ", ".join(values), ", ".join(f":{name}" for name in values)
                added = connection.execute(f"INSERT INTO run ({names}) VALUES ({marks})", values)
                number = added.lastrowid
            else:
                connection.execute(
                    "UPDATE run SET repeats = repeats + 1, last_time = max(last_time, :time), "
                    "label = coalesce(:label, label) WHERE number = :number",
                    {"time": values["time"], "label": context.label, "number": number},
                )
            row = connection.execute(
                f"SELECT {_COLUMNS} FROM run WHERE number = ?", (number,)
            ).fetchone()
            connection.execute("COMMIT")
            return _entry(row)

    def entries(self, *, limit: int | None = None) -> tuple[RunEntry, ...]:
        """Return the runs, newest first.

        Parameters
        ----------
        limit
            How many at most.
        """
        with connected(self.path) as connection:
            rows = connection.execute(
                f"SELECT {_COLUMNS} FROM run ORDER BY number DESC LIMIT ?",
                (-1 if limit is None else limit,),
            )
            return tuple(_entry(row) for row in rows)

    def state(self) -> str:
        """Return what is another text after every run that is recorded, if only as a repeat.

        That of another history in the same place is another one, too.
        """
        with connected(self.path) as connection:
            (repeats,) = connection.execute("SELECT sum(repeats) FROM run").fetchone()
            newest = connection.execute(
                "SELECT number, time, shown_digest FROM run ORDER BY number DESC LIMIT 1"
            ).fetchone()
        if newest is None:
            return "0"
        number, time, shown = newest
        return f"{number}+{repeats}-{digest(time, shown)[:8]}"

    def find(self, reference: str) -> RunEntry:
        """Return the run that a reference names.

        Parameters
        ----------
        reference
            A number ("3"), "last", "last~1" for the one before it, the beginning of a design's
            digest, or a label; of several runs with the same design or label, the newest. Runs
            that were made aside are not among the last.

        Raises
        ------
        PlaygroundError
            If there is no such run, or the beginning of a digest is that of several designs.
        """
        found = self._found(reference, self.entries())
        if found is None:
            raise PlaygroundError(
                f"the history has no run `{reference}`",
                hint="a run is named by its number, `last`, `last~1`, its label or its design's "
                "digest; `cfu log` shows them",
            )
        return found

    def profile(self, entry: RunEntry) -> Profile:
        """Return all that a run showed.

        Raises
        ------
        PlaygroundError
            If the record is damaged.
        """
        with connected(self.path) as connection:
            row = connection.execute(
                "SELECT profile FROM run WHERE number = ?", (entry.number,)
            ).fetchone()
        if row is None:
            raise PlaygroundError(f"the history `{self.path}` has no run {entry.number}")
        try:
            text = zlib.decompress(row[0]).decode()
        except (TypeError, ValueError, zlib.error) as error:
            raise damaged(self.path, f"run {entry.number} cannot be unpacked") from error
        return parse_profile(text, f"`{self.path}` run {entry.number}")

    def _found(self, reference: str, entries: tuple[RunEntry, ...]) -> RunEntry | None:
        steps = re.fullmatch(r"last(?:~([0-9]{1,9}))?", reference)
        if steps is not None:
            own = [entry for entry in entries if not entry.is_aside]
            position = int(steps[1] or 0)
            return own[position] if position < len(own) else None
        if re.fullmatch(r"#?[0-9]{1,18}", reference):
            number = int(reference.removeprefix("#"))
            return next((entry for entry in entries if entry.number == number), None)
        labelled = next((entry for entry in entries if entry.label == reference), None)
        if labelled is not None:
            return labelled
        if not re.fullmatch(rf"[0-9a-f]{{{_LEAST_DIGITS},64}}", reference):
            return None
        begun = [entry for entry in entries if entry.design_digest.startswith(reference)]
        if len({entry.design_digest for entry in begun}) > 1:
            raise PlaygroundError(
                f"several designs have a digest that begins with `{reference}`",
                hint="give more of it, or the run's number",
            )
        return begun[0] if begun else None


def design_digest(profile: Profile) -> str:
    """Return a digest of all that decided what a run counted and computed.

    It is of model, CFU, kernels, CPU, board, memory, compiler and inputs. What counted the cycles
    is not among them, since simulators are to agree.
    """
    return digest(
        profile.model.digest,
        profile.cfu.digest,
        profile.kernels,
        profile.kernels_digest,
        profile.cpu,
        profile.board,
        profile.memory.model_dump(),
        profile.clock_hz,
        profile.compiler.model_dump(),
        [file.digest for file in profile.inputs],
    )


def _shown_digest(profile: Profile) -> str:
    """Return a digest of a profile but for when and how long it ran."""
    return digest(profile.model_dump_json(exclude={"date", "recorded", "wall_seconds"}))


def _values(profile: Profile, context: RunContext) -> dict[str, object]:
    time = profile.date.astimezone(UTC).isoformat()
    return {
        "time": time,
        "last_time": time,
        "design_digest": design_digest(profile),
        "shown_digest": _shown_digest(profile),
        "name": profile.title,
        "model": profile.model.name,
        "model_digest": profile.model.digest,
        "board": profile.board,
        "cpu": profile.cpu,
        "clock_hz": profile.clock_hz,
        "cycles": profile.total_cycles,
        "provenance": profile.sources.cycles.value,
        "is_bit_exact": profile.bit_exact,
        "is_cached": profile.recorded,
        "is_aside": context.is_aside,
        "git_revision": context.git_revision,
        "is_dirty": context.is_dirty,
        "label": context.label,
        "profile": zlib.compress(profile.model_dump_json().encode()),
    }


def _repeated(
    connection: sqlite3.Connection, values: dict[str, object], context: RunContext
) -> int | None:
    """Return the number of the run that another one only repeats, if there is one."""
    if context.is_aside:
        like = ""
    else:
        like = (
            "AND number = (SELECT max(number) FROM run WHERE NOT is_aside) "
            "AND git_revision IS :git_revision AND is_dirty IS :is_dirty "
            "AND (:label IS NULL OR label IS NULL OR label = :label)"
        )
    row = connection.execute(
        f"SELECT max(number) FROM run WHERE shown_digest = :shown_digest {like}", values
    ).fetchone()
    return None if row[0] is None else int(row[0])


def _entry(row: tuple[object, ...]) -> RunEntry:
    values = dict(zip(_COLUMNS.split(", "), row, strict=True))
    for name in ("time", "last_time"):
        values[name] = datetime.fromisoformat(str(values[name]))
    for name in ("is_bit_exact", "is_cached", "is_aside", "is_dirty"):
        values[name] = None if values[name] is None else bool(values[name])
    return RunEntry(**values)  # type: ignore[arg-type]
