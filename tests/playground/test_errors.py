from __future__ import annotations

import re
from pathlib import Path

import pytest

from playground.console import Output
from playground.errors import report, report_interrupt
from toolchain import PlaygroundError, ToolFailed, ToolMissing


def test_an_error_is_error_blank_hint(capsys: pytest.CaptureFixture[str]) -> None:
    assert report(PlaygroundError("no [b]such[/b] `x`", hint="try `y`"), Output()) == 1
    captured = capsys.readouterr()
    assert captured.err == "error: no [b]such[/b] `x`\n\nhint: try `y`\n"
    assert captured.out == ""


def test_a_tool_s_own_words_come_first(capsys: pytest.CaptureFixture[str]) -> None:
    assert report(ToolFailed("zig failed", details="a.cc:1: error\n"), Output()) == 2
    assert capsys.readouterr().err == "a.cc:1: error\n\nerror: zig failed\n"


def test_a_missing_tool_has_its_own_code() -> None:
    assert report(ToolMissing("no `zig`"), Output()) == 3


def test_long_lines_are_not_broken(capsys: pytest.CaptureFixture[str]) -> None:
    path = "/".join(["directory"] * 60)
    report(PlaygroundError(f"cannot read `{path}`"), Output())
    assert f"`{path}`" in capsys.readouterr().err


def test_an_unforeseen_error_is_one_line_and_a_file(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with pytest.raises(ZeroDivisionError) as caught:
        raise ZeroDivisionError("by nought")
    assert report(caught.value, Output()) == 70
    text = capsys.readouterr().err
    found = re.fullmatch(r"internal error: ZeroDivisionError; the traceback is in `(.*)`\n", text)
    assert found is not None
    saved = Path(found[1]).read_text()
    assert "ZeroDivisionError: by nought" in saved
    assert __file__ in saved


def test_ctrl_c_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert report_interrupt(Output()) == 130
    assert capsys.readouterr().err == "interrupted\n"
