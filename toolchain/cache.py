"""The content-addressed store of everything that is built."""

from __future__ import annotations

__all__ = ["ArtifactCache"]

import contextlib
import errno
import json
import os
import re
import shutil
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import filelock
import platformdirs

from toolchain.errors import CacheError, PlaygroundError, ToolFailed

_MANIFEST = ".manifest.json"
_ATTEMPTS = 5
_SCRATCH = re.compile(r"(.*)_[0-9a-f]{32}")
_LEAST_FREE_BYTES = 1 << 20  # below this a tool's failure is put down to the disk


@dataclass(frozen=True)
class ArtifactCache:
    """A directory of immutable artifacts, each a directory named by its inputs' digest.

    An artifact appears whole or not at all: it is made in a scratch directory and renamed into
    place, so a crash, a full disk or Ctrl-C in the middle leaves nothing behind that a later run
    would take for good. Several processes may share one cache; one of them builds, the others
    wait for it.

    Parameters
    ----------
    root
        The cache's directory; made when first needed.
    """

    root: Path

    @classmethod
    def default(cls) -> ArtifactCache:
        """Return the cache at `$CFU_CACHE`, or in the user's cache directory."""
        configured = os.environ.get("CFU_CACHE")
        root = Path(configured) if configured else platformdirs.user_cache_path("cfu-playground")
        return cls(root.absolute())

    def find(self, kind: str, key: str) -> Path | None:
        """Return an artifact's directory if it is there and undamaged."""
        entry = self.root / kind / key
        return entry if _is_intact(entry) else None

    def build(
        self, kind: str, key: str | Callable[[], str], produce: Callable[[Path], None]
    ) -> Path:
        """Return the artifact of a key, made by `produce` if it is not there yet.

        Parameters
        ----------
        kind
            Folder of artifacts of one sort, such as "soc".
        key
            Digest of everything the artifact depends on, the tools' identity included. If some of
            that is in files that people edit, a function that returns it: what is made while it
            changes is thrown away and made again.
        produce
            Called with an empty directory to fill. What it raises is passed on, and the
            directory is thrown away.

        Returns
        -------
        pathlib.Path
            The artifact's directory. Its content must not be changed.

        Raises
        ------
        CacheError
            When the cache cannot be written.
        PlaygroundError
            When the key never stays as it is.
        """
        if isinstance(key, str):
            return self._build(kind, key, produce)
        for _ in range(_ATTEMPTS):
            try:
                before = key()
                return self._build(kind, before, _unless_changed(produce, key, before))
            except _ChangedMeanwhileError:
                continue
        raise PlaygroundError(
            f"what `{kind}` is made of was changed while it was made, {_ATTEMPTS} times",
            hint="wait until no program writes to its sources, then try again",
        )

    def _build(self, kind: str, key: str, produce: Callable[[Path], None]) -> Path:
        entry = self.find(kind, key)
        if entry is not None:
            return entry
        entry = self.root / kind / key
        try:
            for directory in (entry.parent, self._locks, self._unfinished):
                directory.mkdir(parents=True, exist_ok=True)
            name = f"{kind}-{key}"
            with self._lock(name):
                if not _is_intact(entry):
                    self._sweep(ours=name)
                    # Never a name that was there before: a tool may outlive the process that
                    # started it, and goes on writing to where it was told.
                    scratch = self._unfinished / f"{name}_{uuid.uuid4().hex}"
                    _produce(entry, scratch, produce)
        except OSError as error:
            if not self._is_to_blame(error):
                raise
            raise self._explain(error) from error
        except ToolFailed as error:
            if shutil.disk_usage(self.root).free < _LEAST_FREE_BYTES:
                raise self._no_space(error.details) from error
            raise
        return entry

    @property
    def _locks(self) -> Path:
        return self.root / "locks"

    @property
    def _unfinished(self) -> Path:
        """Scratch directories, each named like its lock and what makes it another one."""
        return self.root / "unfinished"

    def _lock(self, name: str) -> filelock.BaseFileLock:
        return filelock.FileLock(self._locks / f"{name}.lock")

    def _sweep(self, *, ours: str) -> None:
        """Remove scratch directories that nobody is at work in: those whose lock is free, or ours.

        Parameters
        ----------
        ours
            Name of the lock that is held by who asks.
        """
        for scratch in self._unfinished.iterdir():
            name = _lock_name(scratch)
            if name == ours:
                shutil.rmtree(scratch, ignore_errors=True)
                continue
            with contextlib.suppress(filelock.Timeout), self._lock(name).acquire(timeout=0):
                shutil.rmtree(scratch, ignore_errors=True)

    def _is_to_blame(self, error: OSError) -> bool:
        """Tell whether an error is of the cache or its disk, not of something `produce` read."""
        if error.filename is None or error.errno in (errno.ENOSPC, errno.EDQUOT):
            return True
        return Path(os.fsdecode(error.filename)).is_relative_to(self.root)

    def _no_space(self, details: str | None) -> CacheError:
        return CacheError(
            f"no space left on the disk that holds the cache `{self.root}`",
            hint="free some space, or set CFU_CACHE to a directory on another disk",
            details=details,
        )

    def _explain(self, error: OSError) -> CacheError:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            return self._no_space(None)
        if error.errno in (errno.EACCES, errno.EROFS, errno.EPERM):
            return CacheError(
                f"cannot write to the cache `{self.root}`: {error.strerror}",
                hint="set CFU_CACHE to a directory you may write to",
            )
        return CacheError(
            f"the cache `{self.root}` cannot be used: {error}",
            hint="set CFU_CACHE to another directory",
        )


class _ChangedMeanwhileError(Exception):
    """The key is another one than before the artifact was made."""


def _unless_changed(
    produce: Callable[[Path], None], key: Callable[[], str], before: str
) -> Callable[[Path], None]:
    def checked(directory: Path) -> None:
        produce(directory)
        if key() != before:
            raise _ChangedMeanwhileError

    return checked


def _lock_name(scratch: Path) -> str:
    found = _SCRATCH.fullmatch(scratch.name)
    return found[1] if found is not None else scratch.name  # as an earlier version named it


def _produce(entry: Path, scratch: Path, produce: Callable[[Path], None]) -> None:
    try:
        scratch.mkdir()
        produce(scratch)
        _write_manifest(scratch)
        if entry.exists():
            shutil.rmtree(entry)
        scratch.rename(entry)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def _sizes(directory: Path) -> dict[str, int]:
    return {
        str(path.relative_to(directory)): path.stat().st_size
        for path in sorted(directory.rglob("*"))
        if path.is_file() and path.name != _MANIFEST
    }


def _write_manifest(directory: Path) -> None:
    (directory / _MANIFEST).write_text(json.dumps(_sizes(directory)))


def _is_intact(entry: Path) -> bool:
    """Tell whether an entry still has every file with the size it was made with."""
    try:
        manifest = json.loads((entry / _MANIFEST).read_text())
        return all((entry / name).stat().st_size == size for name, size in manifest.items())
    except (OSError, ValueError, AttributeError):
        return False
