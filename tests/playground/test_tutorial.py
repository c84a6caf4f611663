"""The tutorial: its page is what its commands print today, and its kernels hold elsewhere."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from playground import tutorial
from playground.tutorial import STEPS, tutorial_page, tutorial_totals
from toolchain import PlaygroundError, ToolFailed

_ROOT = Path(__file__).parents[2]
_PAGE = _ROOT / "docs" / "tutorial.md"


@pytest.fixture
def clone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a clone of nothing but a tutorial's text, which is still to be written."""
    (tmp_path / "tutorial").mkdir()
    monkeypatch.setattr(tutorial, "CLONE", tmp_path)
    return tmp_path


def _page(clone: Path, text: str) -> str:
    (clone / "tutorial" / "text.md").write_text(text)
    return tutorial_page().partition("-->\n")[2]


def test_the_page_is_what_its_commands_print() -> None:
    page = _PAGE.read_text(encoding="utf-8")
    hint = "after a change that is meant, run `cfu bench tutorial --write docs/tutorial.md`"
    assert tutorial_page().splitlines() == page.splitlines(), hint


def test_it_ends_ten_times_as_fast() -> None:
    totals = tutorial_totals(_PAGE.read_text(encoding="utf-8"))
    assert len(totals) == len(STEPS)
    assert totals[0] >= 10 * totals[-1]
    assert list(totals) == sorted(totals, reverse=True)


def test_commands_are_run_one_after_the_other(clone: Path) -> None:
    text = "Look:\n\n```console\n$ mkdir here\n$ cd here\n$ echo 5 > x\n$ cat x\n```\n"
    ran = text.replace("$ cat x\n", "$ cat x\n5\n")
    assert _page(clone, text) == ran


def test_a_long_output_is_cut_off(clone: Path) -> None:
    text = "```console until=total\n$ printf 'a\\ntotal 3\\nb\\n'\n$ echo all of it\n```\n"
    assert _page(clone, text) == (
        "```console\n$ printf 'a\\ntotal 3\\nb\\n'\na\ntotal 3\n...\n"
        "$ echo all of it\nall of it\n```\n"
    )
    text = "```console from=total until=b\n$ printf 'a\\ntotal 3\\nb\\nc\\n'\n```\n"
    assert _page(clone, text).endswith("c\\n'\n...\ntotal 3\nb\n...\n```\n")


def test_cfu_is_the_command(clone: Path) -> None:
    ran = _page(clone, "```console\n$ ./cfu new mine\n$ ls mine\n```\n")
    assert ran.endswith("$ ls mine\ncfu.toml\nconv_2d.cc\nmy_cfu.py\n```\n")


def test_a_command_that_fails_is_an_error(clone: Path) -> None:
    with pytest.raises(ToolFailed, match=r"`ls absent \| cat` ended with exit code 2"):
        _page(clone, "```console\n$ ls absent | cat\n```\n")


def test_parts_of_files_are_shown(clone: Path) -> None:
    (clone / "a.py").write_text("x = 1\n\n\nclass A:\n    y = 2\n\n\nz = 3\n")
    (clone / "a.cc").write_text("int a;\nint b;\nint c;\nint d;\n")
    (clone / "b.cc").write_text("int a;\nlong b;\nint c;\nint d;\n")
    assert _page(clone, "```python a.py | A\n```\n") == "```python\nclass A:\n    y = 2\n```\n"
    assert _page(clone, "```cpp a.cc | int b | c;\n```\n") == "```cpp\nint b;\nint c;\n```\n"
    assert "-int b;\n+long b;\n" in _page(clone, "```diff a.cc b.cc\n```\n")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("```python a.py | B\n```\n", "`a.py` has no `B` to show"),
        ("```cpp a.py | B | C\n```\n", "`a.py` has no line with `B` to show"),
        ("{speed 1}", "asks for `{speed 1}`, which is not known"),
        ("{cycles 7}", "cannot read the profile"),
    ],
)
def test_what_is_not_there_is_an_error(clone: Path, text: str, message: str) -> None:
    (clone / "a.py").write_text("class A:\n    y = 2\n")
    with pytest.raises(PlaygroundError, match=re.escape(message)):
        _page(clone, text)
