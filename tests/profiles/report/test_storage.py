from __future__ import annotations

from pathlib import Path

import pytest

from profiles.report import save_report
from tests.profiles.report.reports import example_report
from toolchain import PlaygroundError


def test_it_is_written_whole_or_not_at_all(tmp_path: Path) -> None:
    size = save_report(example_report(), tmp_path / "a.html")
    assert (tmp_path / "a.html").stat().st_size == size
    assert (tmp_path / "a.html").read_text(encoding="utf-8").startswith("<!DOCTYPE html>")
    with pytest.raises(PlaygroundError, match="cannot write the report"):
        save_report(example_report(), tmp_path / "absent" / "a.html")
    assert [path.name for path in tmp_path.iterdir()] == ["a.html"]
