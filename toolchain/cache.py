"""The content-addressed store of everything that is built."""

from __future__ import annotations

__all__ = ["ArtifactCache"]

import errno
import json
import os
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import filelock
import platformdirs

from toolchain.errors import PlaygroundError, ToolFailed

_MANIFEST = ".manifest.json"
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

    def build(self, kind: str, key: str, produce: Callable[[Path], None]) -> Path:
        """Return the artifact of a key, made by `produce` if it is not there yet.

        Parameters
        ----------
        kind
            Folder of artifacts of one sort, such as "soc".
        key
            Digest of everything the artifact depends on, the tools' identity included.
        produce
            Called with an empty directory to fill. What it raises is passed on, and the
            directory is thrown away.

        Returns
        -------
        pathlib.Path
            The artifact's directory. Its content must not be changed.

        Raises
        ------
        PlaygroundError
            When the cache cannot be written.
        """
        entry = self.find(kind, key)
        if entry is not None:
            return entry
        entry = self.root / kind / key
        try:
            for directory in (entry.parent, self.root / "locks", self.root / "scratch"):
                directory.mkdir(parents=True, exist_ok=True)
            with filelock.FileLock(self.root / "locks" / f"{kind}-{key}.lock"):
                if not _is_intact(entry):
                    self._sweep_scratch()
                    self._produce(entry, produce)
        except OSError as error:
            raise self._explain(error) from error
        except ToolFailed as error:
            if shutil.disk_usage(self.root).free < _LEAST_FREE_BYTES:
                raise self._no_space(error.details) from error
            raise
        return entry

    def _produce(self, entry: Path, produce: Callable[[Path], None]) -> None:
        scratch = Path(tempfile.mkdtemp(prefix=f"{os.getpid()}-", dir=self.root / "scratch"))
        try:
            produce(scratch)
            _write_manifest(scratch)
            if entry.exists():
                shutil.rmtree(entry)
            scratch.rename(entry)
        finally:
            shutil.rmtree(scratch, ignore_errors=True)

    def _sweep_scratch(self) -> None:
        """Remove scratch directories whose process is gone."""
        for scratch in (self.root / "scratch").iterdir():
            owner = scratch.name.partition("-")[0]
            if owner.isdigit() and not Path("/proc", owner).exists():
                shutil.rmtree(scratch, ignore_errors=True)

    def _no_space(self, details: str | None) -> PlaygroundError:
        return PlaygroundError(
            f"no space left on the disk that holds the cache `{self.root}`",
            hint="free some space, or set CFU_CACHE to a directory on another disk",
            details=details,
        )

    def _explain(self, error: OSError) -> PlaygroundError:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            return self._no_space(None)
        if error.errno in (errno.EACCES, errno.EROFS, errno.EPERM):
            return PlaygroundError(
                f"cannot write to the cache `{self.root}`: {error.strerror}",
                hint="set CFU_CACHE to a directory you may write to",
            )
        return PlaygroundError(
            f"the cache `{self.root}` cannot be used: {error}",
            hint="set CFU_CACHE to another directory",
        )


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
