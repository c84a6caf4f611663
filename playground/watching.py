"""Running a project again whenever one of its files is saved."""

from __future__ import annotations

__all__ = ["only_watcher", "saved_files", "watch_project", "watched_paths"]

import contextlib
import json
import os
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import filelock
import watchfiles

from playground.commands.run import execute, show_profile
from playground.console import Output
from playground.design import Design
from playground.errors import report
from playground.project import PROJECT_FILE
from playground.recording import record_run
from playground.resolve import project_design
from profiles import Profile, compare
from profiles.change_table import change_table, changed_layers
from profiles.history_file import state_directory
from toolchain import PlaygroundError

_SOURCES = frozenset(
    {
        *(".py", ".toml"),
        *(".v", ".sv", ".vh", ".svh"),
        *(".c", ".cc", ".cpp", ".h", ".hpp", ".inc"),
        *(".tflite", ".dat", ".npy"),
    }
)
_IGNORED = (*watchfiles.DefaultFilter.ignore_dirs, ".cfu")
_POLL_MS = 250  # after which the first look at the files is over, and a vanished project is seen
_QUIET_MS = 50  # without another save, after which a save is answered


@contextmanager
def only_watcher(project: Path) -> Iterator[None]:
    """Keep others from watching a project for the duration of a `with` block.

    Raises
    ------
    PlaygroundError
        If another process does, or the project cannot be written.
    """
    try:
        with filelock.FileLock(state_directory(project) / "watch.lock", timeout=0):
            yield
    except filelock.Timeout as error:
        raise PlaygroundError(
            f"another `cfu watch` is at work in `{project}`",
            hint="its terminal shows the same; or end it there with Ctrl-C, then try again",
        ) from error
    except OSError as error:
        raise PlaygroundError(
            f"cannot watch `{project}`: {error.strerror}",
            hint="projects are watched, and their runs recorded, in a directory you may write to",
        ) from error


def watched_paths(project: Path, design: Design | None) -> tuple[Path, ...]:
    """Return what has to be watched: the project, and files of its design elsewhere."""
    elsewhere: set[Path] = set()
    if design is not None:
        elsewhere |= {design.model, *design.inputs}
        if design.kernels is not None:
            elsewhere.add(design.kernels)
        if design.cfu_directory.resolve() != project.resolve():
            elsewhere.add(design.cfu_directory)
    found = sorted(path.resolve() for path in elsewhere if path.exists())
    return (project, *(path for path in found if not path.is_relative_to(project.resolve())))


def saved_files(paths: Iterable[Path]) -> Iterator[frozenset[Path]]:
    """Yield an empty set as soon as saves are seen, and then the files of each save.

    What is saved while the caller is at work comes with the next set. Files that no design is made
    of are left out, such as what an editor keeps beside them.

    Raises
    ------
    PlaygroundError
        If the first path vanishes, or the system does not let files be watched.
    """
    watched = tuple(paths)
    try:
        yield from _saved_files(watched)
    except (OSError, RuntimeError) as error:
        raise PlaygroundError(
            f"cannot watch the files in `{watched[0]}`: {error}",
            hint="with WATCHFILES_FORCE_POLLING=true in the environment they are looked at now and "
            "then instead",
        ) from error


def _saved_files(watched: tuple[Path, ...]) -> Iterator[frozenset[Path]]:
    files = {path for path in watched if path.is_file()}

    class Sources(watchfiles.DefaultFilter):
        ignore_dirs = _IGNORED

        def __call__(self, change: watchfiles.Change, path: str) -> bool:
            is_source = Path(path).suffix in _SOURCES or Path(path) in files
            # A directory may be filled before it is watched.
            is_new = change == watchfiles.Change.added and Path(path).is_dir()
            return (is_source or is_new) and super().__call__(change, path)

    is_begun = False
    for changes in watchfiles.watch(
        *watched,
        watch_filter=Sources(),
        step=_QUIET_MS,
        rust_timeout=_POLL_MS,
        yield_on_timeout=True,
    ):
        saved = frozenset(_sources_of(Path(path) for _, path in changes))
        if saved or not is_begun:
            yield saved
        is_begun = True
        if not watched[0].is_dir():
            raise PlaygroundError(
                f"`{watched[0]}` is not there any more",
                hint="if it was moved, `cfu watch` it there; its history went along",
            )


def _sources_of(paths: Iterable[Path]) -> Iterator[Path]:
    """Yield files, and for a directory those in it that a design may be made of."""
    for path in paths:
        if path.is_dir():
            yield from _stamps(path)
        else:
            yield path


def _stamps(project: Path) -> Mapping[Path, tuple[int, int]]:
    """Return when each source in a directory was saved last, and its size."""
    found = {}
    for directory, folders, names in os.walk(project):
        folders[:] = [name for name in folders if name not in _IGNORED]
        for file in (Path(directory, name) for name in names):
            if file.suffix in _SOURCES:
                with contextlib.suppress(OSError):  # gone in that moment
                    status = file.stat()
                    found[file] = status.st_mtime_ns, status.st_size
    return found


@dataclass(frozen=True)
class _Shown:
    """A run that was shown, to compare the next one with."""

    profile: Profile
    name: str


def watch_project(project: Path, output: Output, *, as_json: bool = False) -> None:
    """Run a project now and whenever a file is saved, until interrupted; show what changed.

    Errors are shown, too, and the next save is waited for.

    Raises
    ------
    PlaygroundError
        If the project vanishes.
    """
    last: _Shown | None = None
    begun = False
    stamps: Mapping[Path, tuple[int, int]] = {}
    while True:
        design = _design(project)
        paths = watched_paths(project, design)
        for seen in saved_files(paths):
            saved = seen
            if begun and not seen:  # watched anew: what was saved since the last run began?
                now = _stamps(project)
                saved = frozenset(path for path in now if now[path] != stamps.get(path))
            if saved or not begun:
                stamps = _stamps(project)
                last = _answer(project, saved, last, output, as_json=as_json)
                begun = True
                if not as_json:
                    output.tell("watching; Ctrl-C ends it")
            if watched_paths(project, _design(project)) != paths:
                break


def _design(project: Path) -> Design | None:
    """Return the design as it stands, `None` if it cannot be resolved, which a run will tell."""
    try:
        return project_design(project)
    except PlaygroundError:
        return None


def _answer(
    project: Path, saved: frozenset[Path], last: _Shown | None, output: Output, *, as_json: bool
) -> _Shown | None:
    """Run the project, show what is new, and return what the next run is to be compared with."""
    names = sorted({_named(path, project) for path in saved})
    begun = time.monotonic()
    try:
        profile = execute(project_design(project), output)
    except Exception as error:  # whatever it is, the next save may mend it
        if as_json:
            _show_line(output, {"saved": names, "error": _error_json(error)})
        report(error, output)
        return last
    entry = record_run(project, profile, output)
    seconds = time.monotonic() - begun
    number = entry.number if entry is not None else None
    if as_json:
        head = {"saved": names, "seconds": round(seconds, 3), "run": number}
        _show_line(output, {**head, **_change_json(last, profile)})
    else:
        run = f"run {number}" if number is not None else "not recorded"
        clock = f"{datetime.now().astimezone():%H:%M:%S}"
        title = f"{', '.join(names) or PROJECT_FILE} · {run} · {clock} · {seconds:.1f} s"
        _show_change(last, profile, title, output)
    return _Shown(profile, f"run {number}" if number is not None else "the run before")


def _named(path: Path, project: Path) -> str:
    return str(path.relative_to(project)) if path.is_relative_to(project) else str(path)


def _show_change(last: _Shown | None, profile: Profile, title: str, output: Output) -> None:
    if last is None or last.profile.model.digest != profile.model.digest:
        show_profile(profile, output)
        return
    comparison = compare(last.profile, profile, allow_unlike=True)
    if not changed_layers(comparison) and not comparison.differences:
        cycles = f"{profile.total_cycles:,} cycles ({profile.sources.cycles})"
        output.show(f"{title}: all layers as before, {cycles}")
        return
    caption = f"before: {last.name}; cycles: {profile.sources.cycles}"
    output.show(change_table(comparison, title=title, caption=caption, width=output.width))


def _change_json(last: _Shown | None, profile: Profile) -> dict[str, Any]:
    before: dict[int, int] = {}
    if last is not None and last.profile.model.digest == profile.model.digest:
        before = {layer.index: layer.cycles for layer in last.profile.layers}
    return {
        "model": profile.model.name,
        "provenance": profile.sources.cycles.value,
        "total_cycles": profile.total_cycles,
        "before": last.profile.total_cycles if before and last is not None else None,
        "layers": [
            {
                "index": layer.index,
                "operator": layer.operator,
                "kernel": layer.kernel,
                "cycles": layer.cycles,
                "before": before.get(layer.index),
            }
            for layer in profile.layers
        ],
    }


def _error_json(error: Exception) -> dict[str, Any]:
    if isinstance(error, PlaygroundError):
        return {"message": error.message, "hint": error.hint, "details": error.details}
    return {"message": f"{type(error).__name__}: {error}", "hint": None, "details": None}


def _show_line(output: Output, values: dict[str, Any]) -> None:
    """Print a line of JSON, so that a reader need not wait for the end."""
    output.show_text(json.dumps(values, ensure_ascii=False, allow_nan=False) + "\n")
