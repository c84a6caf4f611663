from __future__ import annotations

import hashlib
import http.server
import json
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from playground.models.fetch import REMOTE_MODELS, RemoteModel
from tests.playground.conftest import FakeFlow, Ran

Cfu = Callable[..., Ran]

_CONTENT = b"a model"
_MODEL = RemoteModel(
    name="tiny01",
    path="tiny/model.tflite",
    sha256=hashlib.sha256(_CONTENT).hexdigest(),
    size=len(_CONTENT),
    summary="for tests",
)


class _Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200 if self.path == f"/{_MODEL.path}" else 404)
        self.end_headers()
        if self.path == f"/{_MODEL.path}":
            self.wfile.write(_CONTENT)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Say nothing."""


@pytest.fixture
def server() -> Iterator[str]:
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Handler) as running:
        thread = threading.Thread(target=running.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{running.server_port}/"
        running.shutdown()
        thread.join()


@pytest.fixture
def remote(monkeypatch: pytest.MonkeyPatch) -> None:
    for place in ("playground.models.fetch", "playground.catalog"):
        monkeypatch.setattr(f"{place}.REMOTE_MODELS", (_MODEL,))


@pytest.mark.usefixtures("flow", "remote")
def test_fetched_models_are_found_by_name(cfu: Cfu, server: str) -> None:
    assert "after `cfu models fetch`" in cfu("models", "list").out
    ran = cfu("models", "fetch", "tiny01", "--from", server, "--json")
    assert ran.code == 0, ran.err
    path = Path(json.loads(ran.out)["tiny01"])
    assert path.read_bytes() == _CONTENT
    assert "after `cfu models fetch`" not in cfu("models", "list").out
    assert "fetching `tiny01`" in ran.err


@pytest.mark.usefixtures("flow", "remote")
def test_all_models_are_fetched_unless_some_are_named(cfu: Cfu, server: str) -> None:
    assert cfu("models", "fetch", "--from", server).out.startswith("tiny01: ")


@pytest.mark.usefixtures("flow", "remote")
def test_a_name_counts_with_a_directory_too(cfu: Cfu) -> None:
    Path("here").mkdir()
    ran = cfu("models", "fetch", "tiny01", "--from", "here")
    assert ran.code == 1
    assert ran.err.startswith("error: the model `tiny01` is not in `here`")
    Path("here", "it.tflite").write_bytes(_CONTENT)
    assert cfu("models", "fetch", "tiny01", "--from", "here").out.startswith("tiny01: ")


@pytest.mark.usefixtures("flow", "remote")
def test_a_missing_file_is_an_error(cfu: Cfu, server: str) -> None:
    ran = cfu("models", "fetch", "--from", server + "elsewhere/")
    assert ran.code == 1
    assert "answers 404" in ran.err


def test_an_unknown_model_is_an_error(cfu: Cfu, flow: FakeFlow) -> None:
    ran = cfu("models", "fetch", "kws1")
    assert ran.code == 1
    assert ran.err.startswith(
        "error: there is no model to fetch `kws1`\n\nhint: did you mean `kws01`?"
    )
    assert REMOTE_MODELS[0].name == "kws01"
