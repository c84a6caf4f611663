"""The cache never hands out anything but whole artifacts, whatever happens while they are made."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from toolchain import ArtifactCache, PlaygroundError, ToolFailed


@pytest.fixture
def cache(tmp_path: Path) -> ArtifactCache:
    return ArtifactCache(tmp_path / "cache")


def _write_whole(directory: Path) -> None:
    (directory / "file").write_text("whole")


def _leftovers(cache: ArtifactCache) -> list[Path]:
    return list((cache.root / "unfinished").iterdir())


def test_an_artifact_is_made_once(cache: ArtifactCache) -> None:
    made = []

    def produce(directory: Path) -> None:
        made.append(directory)
        (directory / "file").write_text("content")

    first = cache.build("kind", "key", produce)
    assert cache.build("kind", "key", produce) == first == cache.find("kind", "key")
    assert (first / "file").read_text() == "content"
    assert len(made) == 1
    assert not _leftovers(cache)


@pytest.mark.parametrize("error", [KeyboardInterrupt(), RuntimeError("no"), ToolFailed("no")])
def test_what_fails_half_way_leaves_nothing(cache: ArtifactCache, error: BaseException) -> None:
    def fail(directory: Path) -> None:
        (directory / "file").write_text("half")
        raise error

    with pytest.raises(type(error)):
        cache.build("kind", "key", fail)
    assert cache.find("kind", "key") is None
    assert not _leftovers(cache)
    entry = cache.build("kind", "key", _write_whole)
    assert (entry / "file").read_text() == "whole"


def test_a_full_disk_is_named(cache: ArtifactCache) -> None:
    def fill(directory: Path) -> None:
        (directory / "file").write_text("half")
        with Path("/dev/full").open("wb", buffering=0) as full:
            full.write(b"x")

    with pytest.raises(PlaygroundError) as caught:
        cache.build("kind", "key", fill)
    assert caught.value.message == (
        f"no space left on the disk that holds the cache `{cache.root}`"
    )
    assert "CFU_CACHE" in (caught.value.hint or "")
    assert cache.find("kind", "key") is None
    assert not _leftovers(cache)


def test_a_cache_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(PlaygroundError, match="cannot be used") as caught:
        ArtifactCache(tmp_path / "file").build("kind", "key", lambda d: None)
    assert "CFU_CACHE" in (caught.value.hint or "")


@pytest.mark.parametrize("damage", ["truncate", "remove", "no manifest", "broken manifest"])
def test_a_damaged_artifact_is_made_again(cache: ArtifactCache, damage: str) -> None:
    def produce(directory: Path) -> None:
        (directory / "sub").mkdir()
        (directory / "sub" / "file").write_text("content")

    entry = cache.build("kind", "key", produce)
    match damage:
        case "truncate":
            (entry / "sub" / "file").write_text("con")
        case "remove":
            (entry / "sub" / "file").unlink()
        case "no manifest":
            (entry / ".manifest.json").unlink()
        case "broken manifest":
            (entry / ".manifest.json").write_text("[1]")
    assert cache.find("kind", "key") is None
    assert (cache.build("kind", "key", produce) / "sub" / "file").read_text() == "content"


def test_what_is_made_while_its_sources_change_is_made_again(
    cache: ArtifactCache, tmp_path: Path
) -> None:
    source = tmp_path / "source"
    source.write_text("old")

    def produce(directory: Path) -> None:
        (directory / "file").write_text(source.read_text())
        source.write_text("new")

    entry = cache.build("kind", source.read_text, produce)
    assert (entry / "file").read_text() == "new"
    assert entry == cache.find("kind", "new")
    assert cache.find("kind", "old") is None
    assert not _leftovers(cache)
    assert cache.build("kind", source.read_text, produce) == entry


def test_sources_that_never_stay_as_they_are_are_named(cache: ArtifactCache) -> None:
    changes = []

    def produce(directory: Path) -> None:
        changes.append(directory)

    with pytest.raises(PlaygroundError) as caught:
        cache.build("kind", lambda: f"key{len(changes)}", produce)
    assert caught.value.message == "what `kind` is made of was changed while it was made, 5 times"
    assert "try again" in (caught.value.hint or "")
    assert not _leftovers(cache)


_SLOW_BUILD = """
import sys, time
from pathlib import Path
from toolchain import ArtifactCache
def produce(directory):
    (directory / "file").write_text("half")
    print("begun", flush=True)
    time.sleep(float(sys.argv[2]))
    (directory / "file").write_text("whole")
ArtifactCache(Path(sys.argv[1])).build("kind", "key", produce)
"""


def _start(cache: ArtifactCache, seconds: float) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", _SLOW_BUILD, str(cache.root), str(seconds)],
        stdout=subprocess.PIPE,
        text=True,
    )


def test_of_two_processes_one_builds_and_both_get_it(cache: ArtifactCache) -> None:
    processes = [_start(cache, 0.5) for _ in range(2)]
    outputs = [process.communicate()[0] for process in processes]
    assert [process.returncode for process in processes] == [0, 0]
    assert sorted(outputs) == ["", "begun\n"]
    entry = cache.find("kind", "key")
    assert entry is not None
    assert (entry / "file").read_text() == "whole"


def test_a_killed_build_is_swept_and_made_again(cache: ArtifactCache) -> None:
    process = _start(cache, 60)
    assert process.stdout is not None
    assert process.stdout.readline() == "begun\n"
    os.kill(process.pid, signal.SIGKILL)
    process.communicate()
    assert cache.find("kind", "key") is None
    assert len(_leftovers(cache)) == 1
    # Another artifact's build cleans up as well.
    cache.build("kind", "other key", _write_whole)
    assert not _leftovers(cache)
    entry = cache.build("kind", "key", _write_whole)
    assert (entry / "file").read_text() == "whole"


def test_what_outlives_a_killed_build_writes_to_no_other(cache: ArtifactCache) -> None:
    process = _start(cache, 60)
    assert process.stdout is not None
    assert process.stdout.readline() == "begun\n"
    os.kill(process.pid, signal.SIGKILL)
    process.communicate()
    [abandoned] = _leftovers(cache)

    def produce(directory: Path) -> None:
        _write_whole(directory)
        abandoned.mkdir()  # swept before, and made again by a tool that goes on
        (abandoned / "late").touch()

    entry = cache.build("kind", "key", produce)
    assert [path.name for path in entry.iterdir() if path.suffix != ".json"] == ["file"]
    assert _leftovers(cache) == [abandoned]
    cache.build("kind", "other key", _write_whole)
    assert not _leftovers(cache)


def test_what_an_earlier_version_left_is_swept(cache: ArtifactCache) -> None:
    (cache.root / "unfinished" / "kind-old key").mkdir(parents=True)
    cache.build("kind", "key", _write_whole)
    assert not _leftovers(cache)


def test_a_build_in_progress_is_not_swept(cache: ArtifactCache) -> None:
    process = _start(cache, 1)
    assert process.stdout is not None
    assert process.stdout.readline() == "begun\n"
    cache.build("kind", "other key", _write_whole)
    assert process.wait() == 0
    process.stdout.close()
    assert cache.find("kind", "key") is not None


def test_an_artifact_is_made_of_another(cache: ArtifactCache) -> None:
    def produce(directory: Path) -> None:
        (directory / "file").write_text("outer")
        inner = cache.build("kind", "inner", _write_whole)
        assert (directory / "file").read_text() == "outer"
        (directory / "file").write_text((inner / "file").read_text())

    assert (cache.build("kind", "outer", produce) / "file").read_text() == "whole"


def test_a_file_that_production_lacks_is_not_put_down_to_the_cache(
    cache: ArtifactCache, tmp_path: Path
) -> None:
    def produce(directory: Path) -> None:
        (tmp_path / "absent").rename(directory / "x")

    with pytest.raises(FileNotFoundError):
        cache.build("kind", "key", produce)
