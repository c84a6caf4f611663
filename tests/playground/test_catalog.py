from __future__ import annotations

from pathlib import Path

import pytest

from playground.catalog import catalog, catalog_names, find_model
from toolchain import ArtifactCache, PlaygroundError


def test_names_are_distinct_and_in_order(tmp_path: Path) -> None:
    names = [model.name for model in catalog(ArtifactCache(tmp_path))]
    assert tuple(names) == catalog_names()
    assert len(set(names)) == len(names)


def test_shipped_models_are_here_and_others_are_not(tmp_path: Path) -> None:
    cache = ArtifactCache(tmp_path)
    shipped = find_model("digits_cnn", cache=cache)
    assert shipped.path is not None
    assert shipped.path.is_file()
    assert all(path.is_file() for path in shipped.inputs)
    assert find_model("kws01", cache=cache).path is None


def test_an_unknown_model(tmp_path: Path) -> None:
    with pytest.raises(PlaygroundError, match="there is no model `kws1`") as caught:
        find_model("kws1", cache=ArtifactCache(tmp_path))
    assert "did you mean `kws01`?" in (caught.value.hint or "")
