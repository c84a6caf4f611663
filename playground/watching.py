"""Running a project again whenever one of its files is saved."""

from __future__ import annotations

__all__ = ["only_watcher", "saved_files", "watch_project", "watched_paths"]

import contextlib
import json
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
from playground.design import NO_CFU, Design
from playground.errors import report
from playground.project import PROJECT_FILE, load_project
from playground.recording import record_run
from playground.resolve import project_design
from playground.sources import SUFFIXES, FileTree, cfu_tree, files_below, kernel_tree
from profiles import Profile, compare
from profiles.change_table import change_table, changed_layers
from profiles.history_file import state_directory
from toolchain import PlaygroundError

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
    """Return what has to be watched: the project, and what its design is made of elsewhere.

    What is not there is among it, as it may appear, and so are files in the project that only what
    names them makes known as sources.

    Parameters
    ----------
    design
        `None` if it cannot be resolved, so that the project's file only says what it is made of.
    """
    design = design or _as_written(project)
    if design is None:
        return (project,)
    directories: set[Path] = set()
    files = {design.model, *design.inputs}
    for tree in _trees(design):
        directories |= {tree.directory}
        files |= {*tree.files.values(), *tree.missing}
    if design.kernels is not None:
        directories.add(design.kernels)
    # A link may be changed, and so may what it leads to.
    directories = {each for path in directories for each in (_unlinked(path), path.resolve())}
    files = {each for path in files for each in (_unlinked(path), path.resolve())}
    roots = [project.resolve()]
    for path in sorted(directories):
        if not any(_is_below(path, root) for root in roots):
            roots.append(path)
    others = sorted(
        path
        for path in files
        if not any(_is_below(path, root) and path.suffix in SUFFIXES for root in roots)
    )
    return (project, *roots[1:], *others)


def _as_written(project: Path) -> Design | None:
    """Return the design that a project's file names, whether there is what it names or not."""
    try:
        written = load_project(project)
    except PlaygroundError:
        return None
    return Design(
        model=project / written.model,
        cfu=written.cfu or NO_CFU,
        cfu_directory=project,
        kernels=project / (written.kernels or ""),
        inputs=tuple(project / name for name in written.input),
    )


def _trees(design: Design) -> Iterator[FileTree]:
    with contextlib.suppress(OSError):  # a file may go in that moment
        if design.kernels is not None:
            yield kernel_tree(design.kernels)
    with contextlib.suppress(OSError):
        tree = cfu_tree(design)
        if tree is not None:
            yield tree


def _unlinked(path: Path) -> Path:
    """Return a path without links but the last; `resolve` follows that one, too."""
    if path.name in ("", ".."):
        return path.resolve()
    return path.parent.resolve() / path.name


def _is_below(path: Path, root: Path) -> bool:
    """Return whether a directory's watch sees a path."""
    if not path.is_relative_to(root):
        return False
    return not set(path.relative_to(root).parts).intersection(_IGNORED)


def saved_files(paths: Iterable[Path]) -> Iterator[frozenset[Path]]:
    """Yield an empty set as soon as saves are seen, and then the files of each save.

    What is saved while the caller is at work comes with the next set. Files that no design is made
    of are left out, such as what an editor keeps beside them. A path that is not there is waited
    for. When one appears or takes the place of another, this ends after its set: watched anew, it
    is seen again.

    Raises
    ------
    PlaygroundError
        If the first path vanishes, or the system does not let files be watched.
    """
    watched = tuple(paths)
    try:
        yield from _saved_files(watched)
    except FileNotFoundError:
        return  # something is gone in that moment, and is waited for from now on
    except (OSError, RuntimeError) as error:
        raise PlaygroundError(
            f"cannot watch the files in `{watched[0]}`: {error}",
            hint="with WATCHFILES_FORCE_POLLING=true in the environment they are looked at now and "
            "then instead",
        ) from error


def _saved_files(watched: tuple[Path, ...]) -> Iterator[frozenset[Path]]:
    known = {path: _identity(path) for path in watched}
    there = [path for path, identity in known.items() if identity is not None]
    files = {path for path in there if path.is_file()}

    class Sources(watchfiles.DefaultFilter):
        ignore_dirs = _IGNORED

        def __call__(self, change: watchfiles.Change, path: str) -> bool:
            is_source = Path(path).suffix in SUFFIXES
            # A directory may be filled before it is watched.
            is_new = change == watchfiles.Change.added and Path(path).is_dir()
            return Path(path) in files or ((is_source or is_new) and super().__call__(change, path))

    is_begun = False
    for changes in watchfiles.watch(
        *there,
        watch_filter=Sources(),
        step=_QUIET_MS,
        rust_timeout=_POLL_MS,
        yield_on_timeout=True,
    ):
        if not watched[0].is_dir():
            raise PlaygroundError(
                f"`{watched[0]}` is not there any more",
                hint="if it was moved, `cfu watch` it there; its history went along",
            )
        # What appeared is not watched yet, and neither is what took the place of something.
        others = [path for path in watched if _identity(path) != known[path]]
        saved = frozenset(_sources_of([*(Path(path) for _, path in changes), *others]))
        if saved or not is_begun:
            yield saved
        is_begun = True
        if others:
            return


def _identity(path: Path) -> tuple[int, int] | None:
    """Return what a path stands for, `None` if it is not there."""
    try:
        status = path.stat()
    except (OSError, ValueError):
        return None
    return status.st_dev, status.st_ino


def _sources_of(paths: Iterable[Path]) -> Iterator[Path]:
    """Yield files, and for a directory those in it that a design may be made of."""
    for path in paths:
        if path.is_dir():
            yield from _stamps([path])
        else:
            yield path


_Stamps = Mapping[Path, tuple[int, int, int]]


def _stamps(paths: Iterable[Path]) -> _Stamps:
    """Return when each file, and each source in a directory, was saved last, and its size."""
    found = {}
    for path in paths:
        files = files_below(path, SUFFIXES, _IGNORED.__contains__) if path.is_dir() else [path]
        for file in files:
            with contextlib.suppress(OSError, ValueError):  # gone in that moment, or never there
                status = file.stat()
                found[file] = status.st_mtime_ns, status.st_size, status.st_ino
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
    made: _Made | None = None
    while True:
        paths = made.paths if made is not None else _paths(project, _design(project))
        for seen in saved_files(paths):
            # Watched anew: what was saved since the last run began?
            saved = seen or (made.saved_since() if made is not None else seen)
            if made is None or saved:
                before = _stamps([project])  # the design's file is in there
                design = _design(project)
                after = _paths(project, design)
                made = _Made(after, {**_stamps(after), **before})
                last = _answer(project, design, saved, last, output, as_json=as_json)
                if not as_json:
                    output.tell("watching; Ctrl-C ends it")
                if made.paths != paths:
                    break


@dataclass(frozen=True)
class _Made:
    """What a run is made of, and when that was saved, both from before it began."""

    paths: tuple[Path, ...]
    stamps: _Stamps

    def saved_since(self) -> frozenset[Path]:
        """Return what is not as it was before the run, which may be gone."""
        now = _stamps(self.paths)
        paths = now.keys() | self.stamps.keys()
        return frozenset(path for path in paths if now.get(path) != self.stamps.get(path))


def _design(project: Path) -> Design | Exception:
    """Return the design as it stands, or why it cannot be resolved."""
    try:
        return project_design(project)
    except Exception as error:  # whatever it is, the next save may mend it
        return error


def _paths(project: Path, design: Design | Exception) -> tuple[Path, ...]:
    return watched_paths(project, None if isinstance(design, Exception) else design)


def _answer(
    project: Path,
    design: Design | Exception,
    saved: frozenset[Path],
    last: _Shown | None,
    output: Output,
    *,
    as_json: bool,
) -> _Shown | None:
    """Run the project, show what is new, and return what the next run is to be compared with."""
    names = sorted({_named(path, project) for path in saved})
    begun = time.monotonic()
    try:
        if isinstance(design, Exception):
            raise design
        profile = execute(design, output)
    except Exception as error:  # as above
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
