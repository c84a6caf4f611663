from __future__ import annotations

from pathlib import Path

import pytest

from profiles.report import Report, ReportRun, save_report
from tests.profiles.examples import example_profile
from toolchain import PlaygroundError


def test_it_is_written_whole_or_not_at_all(tmp_path: Path) -> None:
    report = Report((ReportRun(example_profile(), name="a", origin="a test"),))
    size = save_report(report, tmp_path / "a.html")
    assert (tmp_path / "a.html").stat().st_size == size
    assert (tmp_path / "a.html").read_text(encoding="utf-8").startswith("<!DOCTYPE html>")
    with pytest.raises(PlaygroundError, match="cannot write the report"):
        save_report(report, tmp_path / "absent" / "a.html")
    assert [path.name for path in tmp_path.iterdir()] == ["a.html"]
