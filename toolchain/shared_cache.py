"""Artifacts that several machines share, by way of any store that fsspec reaches."""

from __future__ import annotations

__all__ = ["SharedCache", "SharedStore", "open_store"]

import contextlib
import gzip
import io
import tarfile
import tempfile
import uuid
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from toolchain.cache import ArtifactCache
from toolchain.errors import CacheError, PlaygroundError

# What is made for one machine only, or is smaller than asking for it.
_OWN = frozenset({"bundle", "started", "zig"})


@dataclass(frozen=True)
class SharedStore:
    """A place for artifacts: a directory that all see, or a bucket.

    An artifact is one file there, which appears whole: what is sent twice is the same.

    Attributes
    ----------
    address
        "file:///shared/artifacts", "s3://bucket/artifacts", or anything else that fsspec knows.
    """

    address: str
    _filesystem: Any
    _root: str

    def fetch(self, kind: str, key: str, directory: Path) -> bool:
        """Put an artifact's files into a directory; tell whether it was there.

        Raises
        ------
        CacheError
            If the store cannot be reached.
        """
        path = self._path(kind, key)
        with _reaching(self.address):
            try:
                if not self._filesystem.exists(path):
                    return False
                with self._filesystem.open(path, "rb") as file:
                    content = file.read()
            except FileNotFoundError:
                return False
        try:
            # All of it first: an archive's reader stops before the checksum at the end.
            unpacked = gzip.decompress(content)
            with tarfile.open(fileobj=io.BytesIO(unpacked), mode="r:") as archive:
                archive.extractall(directory, filter="data")
        except (gzip.BadGzipFile, EOFError, zlib.error, tarfile.TarError) as error:
            raise CacheError(
                f"the shared artifact `{path}` is damaged: {error}",
                hint="delete it; it is made again",
            ) from error
        return True

    def send(self, kind: str, key: str, directory: Path) -> None:
        """Keep an artifact for others.

        Raises
        ------
        CacheError
            If the store cannot be reached.
        """
        path = self._path(kind, key)
        with _reaching(self.address):
            if self._filesystem.exists(path):
                return
        with tempfile.TemporaryFile() as packed:
            with tarfile.open(fileobj=packed, mode="w:gz", compresslevel=1) as archive:
                for each in sorted(directory.iterdir()):
                    if not each.name.startswith("."):
                        archive.add(each, arcname=each.name)
            packed.seek(0)
            # Under another name until it is complete; a bucket's objects appear whole anyway.
            scratch = f"{path}.{uuid.uuid4().hex}"
            with _reaching(self.address):
                self._filesystem.makedirs(path.rpartition("/")[0], exist_ok=True)
                with self._filesystem.open(scratch, "wb") as file:
                    file.write(packed.read())
                self._filesystem.mv(scratch, path)

    def _path(self, kind: str, key: str) -> str:
        return f"{self._root}/{kind}/{key[:2]}/{key}.tar.gz"


def open_store(address: str) -> SharedStore:
    """Return the store at an address, which is a directory or a URL that fsspec knows.

    Raises
    ------
    PlaygroundError
        If it cannot be reached, or needs a library that is not installed.
    """
    import fsspec

    try:
        filesystem, root = fsspec.core.url_to_fs(address)
    except ImportError as error:
        raise PlaygroundError(
            f"the artifact store `{address}` needs a library that is not installed: {error}",
            hint="install it into the environment, or name a directory that all machines see",
        ) from error
    except ValueError as error:
        raise PlaygroundError(
            f"`{address}` is no address of an artifact store: {error}",
            hint="such as `/shared/artifacts` or `s3://bucket/artifacts`",
        ) from error
    with _reaching(address):
        filesystem.makedirs(root, exist_ok=True)
    return SharedStore(address, filesystem, root.rstrip("/"))


@dataclass(frozen=True)
class SharedCache(ArtifactCache):
    """A machine's cache in front of a store that it shares with others.

    What is not here is fetched, and what is made here is sent. Two machines that make the same at
    the same time make it twice, and one of them is kept.

    Attributes
    ----------
    store
        None for a cache that is this machine's alone.
    """

    store: SharedStore | None = None

    def _build(self, kind: str, key: str, produce: Callable[[Path], None]) -> Path:
        store = self.store
        if store is None or kind in _OWN:
            return super()._build(kind, key, produce)
        made = False

        def fetch_or_produce(directory: Path) -> None:
            nonlocal made
            if not store.fetch(kind, key, directory):
                produce(directory)
                made = True

        entry = super()._build(kind, key, fetch_or_produce)
        if made:
            store.send(kind, key, entry)
        return entry


@contextlib.contextmanager
def _reaching(address: str) -> Iterator[None]:
    """Have what goes wrong with a store be told as such: each kind raises errors of its own."""
    try:
        yield
    except Exception as error:
        raise CacheError(
            f"the artifact store `{address}` cannot be reached: "
            f"{getattr(error, 'strerror', None) or error}",
            hint="see whether it is there and writable from this machine",
        ) from error
