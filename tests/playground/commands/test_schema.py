from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from tests.playground.conftest import Ran


def test_the_verb_writes_what_is_published(cfu: Callable[..., Ran]) -> None:
    published = Path(__file__).parents[3] / "docs" / "profile.schema.json"
    assert cfu("schema").out == published.read_text(encoding="utf-8")
