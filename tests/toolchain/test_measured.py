from __future__ import annotations

import sys
from pathlib import Path

import pytest

from toolchain import Tool, ToolFailed, ToolMissing, run_measured

_PYTHON = Tool("python", (sys.executable, "-c"), "3")


def test_time_memory_and_lines_are_told(tmp_path: Path) -> None:
    program = (
        "import sys, time; print('one', flush=True); print('two', file=sys.stderr, flush=True); "
        "held = bytearray(200_000_000); time.sleep(0.1)"
    )
    lines: list[str] = []
    measured = run_measured(_PYTHON, [program], cwd=tmp_path, what="waiting", on_line=lines.append)
    assert lines == ["one", "two"]
    assert measured.log == "one\ntwo\n"
    assert measured.taken.seconds >= 0.1
    assert measured.taken.peak_bytes > 200_000_000


def test_memory_is_that_of_the_tool_alone(tmp_path: Path) -> None:
    ours = bytearray(200_000_000)
    waits = "import time; time.sleep(0.5)"
    idle = run_measured(_PYTHON, [waits], cwd=tmp_path, what="idling")
    assert len(ours) > 2 * idle.taken.peak_bytes > 2_000_000


def test_waiting_keeps_no_processor_busy(tmp_path: Path) -> None:
    waits = "import time; time.sleep(2)"
    taken = run_measured(_PYTHON, [waits], cwd=tmp_path, what="waiting").taken
    assert 0 < taken.processor_seconds < 1.5


def test_a_failure_carries_all_that_was_said(tmp_path: Path) -> None:
    program = "import sys; print('reading'); print('ERROR: no', file=sys.stderr); sys.exit(1)"
    with pytest.raises(ToolFailed) as caught:
        run_measured(_PYTHON, [program], cwd=tmp_path, what="placing")
    assert caught.value.message == "python failed placing (exit status 1)"
    assert set((caught.value.details or "").splitlines()) == {"reading", "ERROR: no"}


def test_a_crash_names_the_signal(tmp_path: Path) -> None:
    with pytest.raises(ToolFailed, match="SIGKILL"):
        run_measured(_PYTHON, ["import os; os.kill(os.getpid(), 9)"], cwd=tmp_path, what="crashing")


def test_a_missing_program_is_named(tmp_path: Path) -> None:
    with pytest.raises(ToolMissing, match="cannot start `nothing`"):
        run_measured(Tool("nothing", ("/nonexistent",), ""), [], cwd=tmp_path, what="running")
