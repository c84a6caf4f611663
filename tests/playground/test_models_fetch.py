"""Downloads from servers that behave, and from servers that do not."""

from __future__ import annotations

import errno
import hashlib
import http.server
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from playground.models import fetch
from playground.models.fetch import REMOTE_MODELS, RemoteModel, fetch_models, fetched_model
from toolchain import ArtifactCache, PlaygroundError

FILES = {"one": b"the first model" * 20_000, "two": b"the second" * 10}
Answer = Callable[[http.server.BaseHTTPRequestHandler, bytes], None]


@pytest.fixture(autouse=True)
def remote_models(monkeypatch: pytest.MonkeyPatch) -> None:
    """Put two small files in the place of the official models."""
    models = tuple(
        RemoteModel(
            name, f"some/where/{name}.bin", hashlib.sha256(content).hexdigest(), len(content), ""
        )
        for name, content in FILES.items()
    )
    monkeypatch.setattr(fetch, "REMOTE_MODELS", models)
    for variable in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(variable, raising=False)


@pytest.fixture
def cache(tmp_path: Path) -> ArtifactCache:
    return ArtifactCache(tmp_path / "cache")


def send_whole(request: http.server.BaseHTTPRequestHandler, content: bytes) -> None:
    request.send_response(200)
    request.send_header("Content-Length", str(len(content)))
    request.end_headers()
    request.wfile.write(content)


@contextmanager
def server(answer: Answer = send_whole) -> Iterator[tuple[str, list[str]]]:
    """Serve `FILES` on the loopback interface; gives the base URL and the paths asked for."""
    asked: list[str] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            answer(self, FILES[Path(self.path).stem])

        def log_message(self, *_: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as httpd:
        thread = threading.Thread(target=httpd.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{httpd.server_port}/base/", asked
        finally:
            httpd.shutdown()
            thread.join()


def assert_nothing_kept(cache: ArtifactCache) -> None:
    assert fetched_model(cache, "one") is None
    assert not list(cache.root.rglob("*.tflite"))


def test_models_are_fetched_once_and_found_later(cache: ArtifactCache) -> None:
    with server() as (url, asked):
        paths = fetch_models(cache, base_url=url)
        assert {name: path.read_bytes() for name, path in paths.items()} == FILES
        assert all(path.name == f"{name}.tflite" for name, path in paths.items())
        assert fetch_models(cache, base_url=url) == paths
    assert asked == ["/base/some/where/one.bin", "/base/some/where/two.bin"]
    assert fetched_model(cache, "one") == paths["one"]
    assert fetched_model(cache, "three") is None


def test_only_the_named_models_are_fetched(cache: ArtifactCache) -> None:
    with server() as (url, asked):
        assert list(fetch_models(cache, ["two"], base_url=url)) == ["two"]
        assert fetch_models(cache, [], base_url=url) == {}
    assert len(asked) == 1
    with pytest.raises(PlaygroundError, match="there is no model to fetch `three`") as raised:
        fetch_models(cache, ["three"])
    assert raised.value.hint == "`cfu models list` shows what there is"


def test_progress_counts_up_to_the_size(cache: ArtifactCache) -> None:
    seen: list[tuple[str, int, int]] = []
    with server() as (url, _):
        fetch_models(cache, ["one"], base_url=url, progress=lambda *step: seen.append(step))
    received = [step[1] for step in seen]
    assert received == sorted(received)
    assert seen[-1] == ("one", len(FILES["one"]), len(FILES["one"]))
    assert len(seen) > 1


def test_another_file_is_refused(cache: ArtifactCache) -> None:
    def tamper(request: http.server.BaseHTTPRequestHandler, content: bytes) -> None:
        send_whole(request, content[:-1] + b"!")

    with (
        server(tamper) as (url, _),
        pytest.raises(PlaygroundError, match="is not the `one` that was asked for: its SHA-256 is"),
    ):
        fetch_models(cache, base_url=url)
    assert_nothing_kept(cache)


def test_a_file_without_end_is_refused(cache: ArtifactCache) -> None:
    def flood(request: http.server.BaseHTTPRequestHandler, content: bytes) -> None:
        request.send_response(200)
        request.end_headers()
        try:
            while True:
                request.wfile.write(content)
        except OSError:
            pass

    with server(flood) as (url, _), pytest.raises(PlaygroundError, match="its SHA-256 is"):
        fetch_models(cache, ["two"], base_url=url)


@pytest.mark.parametrize(
    ("code", "message"),
    [(404, r"one\.bin answers 404 Not Found"), (503, r"one\.bin answers 503 Service Unavailable")],
)
def test_a_refusal_of_the_server(cache: ArtifactCache, code: int, message: str) -> None:
    with (
        server(lambda request, _: request.send_error(code)) as (url, _),
        pytest.raises(
            PlaygroundError, match=f"`one` cannot be fetched: {url}.*{message}"
        ) as raised,
    ):
        fetch_models(cache, base_url=url)
    assert raised.value.hint
    assert_nothing_kept(cache)


def test_a_connection_that_drops_in_the_middle(cache: ArtifactCache) -> None:
    def drop(request: http.server.BaseHTTPRequestHandler, content: bytes) -> None:
        request.send_response(200)
        request.send_header("Content-Length", str(len(content)))
        request.end_headers()
        request.wfile.write(content[:1000])

    with (
        server(drop) as (url, _),
        pytest.raises(PlaygroundError, match=r"ended after 1,000 of 300,000 bytes"),
    ):
        fetch_models(cache, base_url=url)
    assert_nothing_kept(cache)


def test_an_answer_that_is_no_http(cache: ArtifactCache) -> None:
    def babble(request: http.server.BaseHTTPRequestHandler, _: bytes) -> None:
        request.wfile.write(b"what?\r\n\r\n")

    with server(babble) as (url, _), pytest.raises(PlaygroundError, match="cannot be fetched from"):
        fetch_models(cache, base_url=url)


def test_a_server_that_closes_at_once(cache: ArtifactCache) -> None:
    with (
        server(lambda request, _: request.connection.close()) as (url, _),
        pytest.raises(PlaygroundError, match=r"cannot be fetched from .*: .+"),
    ):
        fetch_models(cache, base_url=url)


@pytest.mark.parametrize("begin", [False, True])
def test_a_server_that_falls_silent(cache: ArtifactCache, begin: bool) -> None:
    over = threading.Event()

    def hang(request: http.server.BaseHTTPRequestHandler, content: bytes) -> None:
        if begin:
            request.send_response(200)
            request.end_headers()
            request.wfile.write(content[:10])
            request.wfile.flush()
        over.wait(30)

    with server(hang) as (url, _):
        with pytest.raises(PlaygroundError, match=r"`one` cannot be fetched from .*timed out"):
            fetch_models(cache, base_url=url, timeout_seconds=0.2)
        over.set()
    assert_nothing_kept(cache)


def test_a_server_that_drips(cache: ArtifactCache) -> None:
    def drip(request: http.server.BaseHTTPRequestHandler, content: bytes) -> None:
        request.send_response(200)
        request.end_headers()
        try:
            for byte in content:
                request.wfile.write(bytes([byte]))
                time.sleep(0.02)
        except OSError:
            pass

    with server(drip) as (url, _), pytest.raises(PlaygroundError, match="sends too slowly"):
        fetch_models(cache, base_url=url, timeout_seconds=0.1)


def test_no_server(cache: ArtifactCache) -> None:
    with server() as (url, _):
        pass
    with pytest.raises(PlaygroundError, match=r"cannot be fetched from .*Connection refused"):
        fetch_models(cache, base_url=url)


def test_addresses_that_are_no_http(cache: ArtifactCache, tmp_path: Path) -> None:
    (tmp_path / "some" / "where").mkdir(parents=True)
    (tmp_path / "some" / "where" / "one.bin").write_bytes(FILES["one"])
    with pytest.raises(PlaygroundError, match="is neither a directory nor an HTTP address"):
        fetch_models(cache, base_url=f"file://{tmp_path}/")


def test_a_full_disk(cache: ArtifactCache, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(path: Path, content: bytes) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    with server() as (url, _):
        with monkeypatch.context() as patch:
            patch.setattr(Path, "write_bytes", full)
            with pytest.raises(PlaygroundError, match="no space left on the disk"):
                fetch_models(cache, base_url=url)
        assert_nothing_kept(cache)
        assert fetch_models(cache, base_url=url)["one"].read_bytes() == FILES["one"]


def test_the_official_models_are_pinned() -> None:
    assert [model.name for model in REMOTE_MODELS] == ["kws01", "vww01", "ic01", "ad01"]
    assert all(len(bytes.fromhex(model.sha256)) == 32 for model in REMOTE_MODELS)
    assert fetch.MLPERF_TINY_URL.startswith("https://")


def test_models_in_a_directory_are_told_by_their_content(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = b"a model" * 100
    wanted = RemoteModel("some", "a/b.tflite", hashlib.sha256(content).hexdigest(), 700, "")
    monkeypatch.setattr(fetch, "REMOTE_MODELS", (wanted,))
    folder = tmp_path / "files" / "deep"
    folder.mkdir(parents=True)
    (folder / "other.tflite").write_bytes(bytes(700))
    (folder / "dangling.tflite").symlink_to("absent")
    cache = ArtifactCache(tmp_path / "cache")
    with pytest.raises(PlaygroundError, match="none of the MLPerf Tiny models is in"):
        fetch.import_models(cache, tmp_path / "files")
    (folder / "renamed.tflite").write_bytes(content)
    found = fetch.import_models(cache, tmp_path / "files")
    assert list(found) == ["some"]
    assert found["some"].read_bytes() == content
    assert fetch.fetched_model(cache, "some") == found["some"]


def test_only_the_named_models_are_taken_from_a_directory(
    cache: ArtifactCache, tmp_path: Path
) -> None:
    folder = tmp_path / "files"
    folder.mkdir()
    for name, content in FILES.items():
        (folder / f"{name}.tflite").write_bytes(content)
    assert list(fetch.import_models(cache, folder, ["two"])) == ["two"]
    assert fetched_model(cache, "one") is None
    (folder / "one.tflite").unlink()
    with pytest.raises(PlaygroundError, match="the model `one` is not in"):
        fetch.import_models(cache, folder, ["one", "two"])
    with pytest.raises(PlaygroundError, match="there is no model to fetch `three`"):
        fetch.import_models(cache, folder, ["three"])


def test_an_address_needs_no_slash_at_its_end(cache: ArtifactCache) -> None:
    with server() as (url, asked):
        fetch_models(cache, ["one"], base_url=url.rstrip("/"))
    assert asked == ["/base/some/where/one.bin"]
