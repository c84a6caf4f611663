"""Artifacts that machines share."""

from __future__ import annotations

import stat
from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest

from toolchain import CacheError, PlaygroundError
from toolchain.shared_cache import SharedCache, SharedStore, open_store


def _made(text: str = "content") -> Callable[[Path], None]:
    def produce(directory: Path) -> None:
        (directory / "program").write_text(text)
        (directory / "program").chmod(0o755)
        (directory / "inner").mkdir()
        (directory / "inner" / "more").write_bytes(bytes(1000))

    return produce


def _refuse(directory: Path) -> None:
    raise AssertionError("it is made again")


@pytest.fixture(name="address", params=["directory", "bucket"])
def _address(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "directory":
        return str(tmp_path / "shared" / "artifacts")
    return f"memory://{tmp_path.name}/artifacts"  # as S3 is: objects under names


def test_what_one_machine_made_another_fetches(tmp_path: Path, address: str) -> None:
    store = open_store(address)
    made = SharedCache(tmp_path / "one", store).build("run", "abcdef", _made())
    fetched = SharedCache(tmp_path / "other", open_store(address)).build("run", "abcdef", _refuse)
    assert fetched != made
    assert (fetched / "program").read_text() == "content"
    assert (fetched / "program").stat().st_mode & stat.S_IXUSR
    assert (fetched / "inner" / "more").read_bytes() == bytes(1000)
    assert SharedCache(tmp_path / "other", store).find("run", "abcdef") == fetched


def test_what_failed_is_not_shared(tmp_path: Path, address: str) -> None:
    def fail(directory: Path) -> None:
        raise PlaygroundError("no")

    cache = SharedCache(tmp_path / "one", open_store(address))
    with pytest.raises(PlaygroundError, match=r"^no$"):
        cache.build("run", "abcdef", fail)
    assert cache.build("run", "abcdef", _made()).is_dir()


def test_what_is_for_one_machine_is_not_shared(tmp_path: Path, address: str) -> None:
    store = open_store(address)
    SharedCache(tmp_path / "one", store).build("started", "abcdef", _made())
    with pytest.raises(AssertionError, match="made again"):
        SharedCache(tmp_path / "other", store).build("started", "abcdef", _refuse)


@pytest.mark.parametrize(
    "damage",
    [
        lambda packed: b"not an archive",
        lambda packed: b"",
        lambda packed: packed[: len(packed) // 2],
        lambda packed: packed[:5000] + bytes(50) + packed[5050:],  # within the file
        lambda packed: packed[:-8] + bytes(8),  # the checksum
    ],
    ids=["no archive", "empty", "half", "changed", "checksum"],
)
def test_a_damaged_artifact_says_so(tmp_path: Path, damage: Callable[[bytes], bytes]) -> None:
    address = tmp_path / "shared"
    store = open_store(str(address))
    noise = Random(1).randbytes(20_000).hex()
    SharedCache(tmp_path / "one", store).build("run", "abcdef", _made(noise))
    (packed,) = address.rglob("*.tar.gz")
    packed.write_bytes(damage(packed.read_bytes()))
    with pytest.raises(CacheError, match="is damaged") as caught:
        SharedCache(tmp_path / "other", store).build("run", "abcdef", _refuse)
    assert caught.value.hint == "delete it; it is made again"


def test_a_store_of_an_unknown_kind() -> None:
    with pytest.raises(PlaygroundError, match="is no address of an artifact store"):
        open_store("gopher://somewhere/artifacts")


class _Away:
    """A bucket's file system whose library raises errors of its own."""

    def exists(self, path: str) -> bool:
        raise RuntimeError("no such endpoint")


def test_a_bucket_that_is_away(tmp_path: Path) -> None:
    store = SharedStore("s3://bucket/artifacts", _Away(), "bucket/artifacts")
    for reach in (store.fetch, store.send):
        with pytest.raises(CacheError, match="`s3://bucket/artifacts` cannot be reached: no such"):
            reach("run", "abcdef", tmp_path)


def test_a_store_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(CacheError, match="cannot be reached"):
        open_store(str(tmp_path / "file" / "artifacts"))
