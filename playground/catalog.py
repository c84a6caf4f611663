"""The models that can be named instead of a file: those that come along and those to fetch."""

from __future__ import annotations

__all__ = ["CatalogModel", "catalog", "catalog_names", "find_model"]

from dataclasses import dataclass
from pathlib import Path

from playground.models import shipped_models
from playground.models.fetch import REMOTE_MODELS, fetched_model
from playground.names import unknown_name
from toolchain import ArtifactCache


@dataclass(frozen=True)
class CatalogModel:
    """A model with a name.

    Attributes
    ----------
    path
        The .tflite file, `None` while it is not fetched.
    inputs, labels
        What it is run on unless other inputs are named, and the expected classes if known.
    """

    name: str
    summary: str
    path: Path | None
    inputs: tuple[Path, ...] = ()
    labels: tuple[int, ...] = ()


def catalog(cache: ArtifactCache) -> tuple[CatalogModel, ...]:
    """Return every model there is a name for, those that come along first."""
    shipped = (
        CatalogModel(model.name, model.summary, model.path, model.inputs, model.labels)
        for model in shipped_models()
    )
    remote = (
        CatalogModel(model.name, model.summary, fetched_model(cache, model.name))
        for model in REMOTE_MODELS
    )
    return (*shipped, *remote)


def catalog_names() -> tuple[str, ...]:
    """Return the names in the catalog."""
    return (
        *(model.name for model in shipped_models()),
        *(model.name for model in REMOTE_MODELS),
    )


def find_model(name: str, *, cache: ArtifactCache) -> CatalogModel:
    """Return the model of a name.

    Raises
    ------
    PlaygroundError
        If there is none, with the nearest name there is.
    """
    for model in catalog(cache):
        if model.name == name:
            return model
    raise unknown_name("model", name, catalog_names(), listed_by="cfu list models")
