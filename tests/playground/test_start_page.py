"""The documentation's first page: what it shows is what its commands print today."""

from __future__ import annotations

from pathlib import Path

import pytest

from playground import start_page as module
from playground.start_page import start_page, without_times

_PAGE = Path(__file__).parents[2] / "docs" / "index.md"


def test_the_page_is_what_its_commands_print() -> None:
    page = start_page(is_fresh=False).page
    written = _PAGE.read_text(encoding="utf-8")
    hint = "after a change that is meant, run `cfu bench start --write docs/index.md`"
    assert without_times(page).splitlines() == without_times(written).splitlines(), hint


def test_a_new_user_needs_few_commands() -> None:
    written = _PAGE.read_text(encoding="utf-8")
    commands = [line for line in written.splitlines() if line.startswith("$ ")]
    assert 5 <= len(commands) <= 10
    assert len(set(commands)) == len(commands)


def test_times_are_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "tutorial").mkdir()
    text = "```console\n$ git clone <it> here\n$ cd here\n$ test -x cfu && echo yes\n```\n{times}\n"
    (tmp_path / "tutorial" / "start.md").write_text(text)
    monkeypatch.setattr(module, "CLONE", tmp_path)
    started = start_page(is_fresh=False)
    assert "echo yes\nyes\n```" in started.page
    assert "| `git clone <it> here` | 0 s |" in started.page
    assert [command for command, _ in started.seconds] == [
        "git clone <it> here",
        "test -x cfu && echo yes",
    ]
    assert "0 s" not in without_times(started.page)
