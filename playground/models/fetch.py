"""Gets the official MLPerf Tiny models, which are not the playground's to ship."""

from __future__ import annotations

__all__ = [
    "MLPERF_TINY_URL",
    "REMOTE_MODELS",
    "RemoteModel",
    "fetch_models",
    "fetched_model",
    "import_models",
    "remote_models",
]

import hashlib
import http.client
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playground.names import unknown_name
from toolchain import ArtifactCache, PlaygroundError

# The digests pin what is downloaded; the branch only says where to look for it.
MLPERF_TINY_URL = "https://raw.githubusercontent.com/mlcommons/tiny/master/benchmark/training/"

_KIND = "models"  # folder of the cache
_CHUNK_BYTES = 1 << 16
_CONTENT_TIMEOUT_FACTOR = (
    4  # a server that sends drops of bytes is given up after that many timeouts
)

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class RemoteModel:
    """A model that can be downloaded.

    Attributes
    ----------
    name
        What the playground calls it.
    path
        Where it is, below the base URL.
    sha256, size
        Of the file; the size in bytes.
    """

    name: str
    path: str
    sha256: str
    size: int
    summary: str


REMOTE_MODELS = (
    RemoteModel(
        name="kws01",
        path="keyword_spotting/trained_models/kws_ref_model.tflite",
        sha256="aeea436800704fce17b17292e4412630ad856e9d777c044c64ef748a880bd0ae",
        size=53_936,
        summary="MLPerf Tiny keyword spotting: DS-CNN, 12 words",
    ),
    RemoteModel(
        name="vww01",
        path="visual_wake_words/trained_models/vww_96_int8.tflite",
        sha256="597a384c8c2c8a1276f04702f25013b7838f2f814f1ca7c174d295b73e3d6b7b",
        size=333_288,
        summary="MLPerf Tiny visual wake words: MobileNetV1 0.25, person or not",
    ),
    RemoteModel(
        name="ic01",
        path="image_classification/trained_models/pretrainedResnet_quant.tflite",
        sha256="3c002613d1b2475eb51dd78dfb85a546c8ae658dee71cf6ade43b022fe205415",
        size=98_496,
        summary="MLPerf Tiny image classification: ResNet-8, 10 classes of CIFAR-10",
    ),
    RemoteModel(
        name="ad01",
        path="anomaly_detection/trained_models/ad01_int8.tflite",
        sha256="87cf24194ef93d1d9b11a591d805526b98008e351655d29883c825c9c106ba24",
        size=276_976,
        summary="MLPerf Tiny anomaly detection: autoencoder of machine sounds",
    ),
)


def fetch_models(
    cache: ArtifactCache,
    names: Sequence[str] | None = None,
    *,
    base_url: str = MLPERF_TINY_URL,
    progress: Progress | None = None,
    timeout_seconds: float = 30.0,
) -> Mapping[str, Path]:
    """Download models into the cache and return their files by name.

    What is in the cache already is not downloaded again. A model enters the cache whole and with
    the right digest, or not at all.

    Parameters
    ----------
    names
        Which of `REMOTE_MODELS`; all, if it is left out.
    base_url
        HTTP or HTTPS address that the models' paths are below.
    progress
        Called with a model's name, the bytes received so far and the bytes expected in all.
    timeout_seconds
        How long the server may be silent. A download as a whole may take four times as long.

    Raises
    ------
    PlaygroundError
        If a name is unknown, the server cannot be reached, lacks the file, stops in the middle,
        or sends another file, or the cache cannot be written.
    """
    paths = {}
    for model in remote_models(names):

        def produce(folder: Path, model: RemoteModel = model) -> None:
            content = _download(model, base_url, progress, timeout_seconds)
            _file(folder, model).write_bytes(content)

        paths[model.name] = _file(cache.build(_KIND, model.sha256, produce), model)
    return paths


def import_models(
    cache: ArtifactCache, directory: Path, names: Sequence[str] | None = None
) -> Mapping[str, Path]:
    """Copy the models that are in a directory into the cache and return their files by name.

    They are told by their content, whatever they are called and however deep they are.

    Parameters
    ----------
    names
        Which of `REMOTE_MODELS`, all of which must be there; if it is left out, as many as are.

    Raises
    ------
    PlaygroundError
        If a name is unknown, one of them or any model at all is not there, or the cache cannot be
        written.
    """
    wanted = remote_models(names)
    by_digest = {model.sha256: model for model in wanted}
    sizes = {model.size for model in wanted}
    paths = {}
    for path in sorted(directory.rglob("*.tflite")):
        try:
            if path.stat().st_size not in sizes:
                continue
            content = path.read_bytes()
        except OSError:
            continue  # a dangling link, say, is no model
        model = by_digest.get(hashlib.sha256(content).hexdigest())
        if model is None:
            continue

        def produce(folder: Path, model: RemoteModel = model, content: bytes = content) -> None:
            _file(folder, model).write_bytes(content)

        paths[model.name] = _file(cache.build(_KIND, model.sha256, produce), model)
    absent = [name for name in names or () if name not in paths]
    if absent or not paths:
        what = f"the model `{absent[0]}` is not" if absent else "none of the MLPerf Tiny models is"
        raise PlaygroundError(
            f"{what} in `{directory}`",
            hint="files count that have the SHA-256 of a model in `cfu models list`",
        )
    return paths


def fetched_model(cache: ArtifactCache, name: str) -> Path | None:
    """Return the file of a model that was downloaded before, `None` if it was not."""
    for model in REMOTE_MODELS:
        if model.name == name:
            folder = cache.find(_KIND, model.sha256)
            return None if folder is None else _file(folder, model)
    return None


def remote_models(names: Sequence[str] | None = None) -> tuple[RemoteModel, ...]:
    """Return the models of these names, in their order; all, if names are left out.

    Raises
    ------
    PlaygroundError
        If a name is unknown.
    """
    models = {model.name: model for model in REMOTE_MODELS}
    for name in names or ():
        if name not in models:
            raise unknown_name("model to fetch", name, models, listed_by="cfu models list")
    return tuple(models[name] for name in (models if names is None else names))


def _file(folder: Path, model: RemoteModel) -> Path:
    return folder / f"{model.name}.tflite"


def _download(
    model: RemoteModel, base_url: str, progress: Progress | None, timeout_seconds: float
) -> bytes:
    """Return a model's file, its digest checked."""
    url = f"{base_url.rstrip('/')}/{model.path}"
    if not url.startswith(("https://", "http://")):
        raise PlaygroundError(
            f"`{base_url}` is neither a directory nor an HTTP address",
            hint=f"the models are at {MLPERF_TINY_URL}",
        )
    content = bytearray()
    try:
        with urllib.request.urlopen(url, timeout=timeout_seconds) as response:
            deadline = time.monotonic() + _CONTENT_TIMEOUT_FACTOR * timeout_seconds
            while chunk := _read(response, deadline):
                content += chunk
                if progress is not None:
                    progress(model.name, len(content), model.size)
                if len(content) > model.size:
                    break
    except urllib.error.HTTPError as error:
        error.close()  # it holds the connection
        raise PlaygroundError(
            f"`{model.name}` cannot be fetched: {url} answers {error.code} {error.reason}",
            hint="the file may have moved; a proxy may also answer in the server's place",
        ) from error
    except (OSError, http.client.HTTPException) as error:
        raise PlaygroundError(
            f"`{model.name}` cannot be fetched from {url}: {_reason(error)}",
            hint="check the network; behind a proxy, set HTTPS_PROXY",
        ) from error
    if len(content) < model.size:
        raise PlaygroundError(
            f"`{model.name}` cannot be fetched from {url}: the connection ended after"
            f" {len(content):,} of {model.size:,} bytes",
            hint="try again",
        )
    found = hashlib.sha256(content).hexdigest()
    if found != model.sha256:
        raise PlaygroundError(
            f"{url} is not the `{model.name}` that was asked for: its SHA-256 is {found}, not"
            f" {model.sha256}",
            hint="the file was changed there or on its way; nothing of it was kept",
        )
    return bytes(content)


def _read(response: Any, deadline: float) -> bytes:
    """Return what has come in, at most a chunk; nothing at the end."""
    if time.monotonic() > deadline:
        raise TimeoutError("the server sends too slowly")
    return bytes(response.read1(_CHUNK_BYTES))


def _reason(error: Exception) -> str:
    cause = error.reason if isinstance(error, urllib.error.URLError) else error
    return str(cause) or type(cause).__name__
