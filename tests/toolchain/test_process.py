from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from toolchain import Tool, ToolFailed, ToolMissing, run_measured, run_tool

_PYTHON = Tool("python", (sys.executable, "-c"), "3")


def test_the_output_is_returned() -> None:
    tool = Tool("python", (sys.executable, "-c"), "3", {"GREETING": "hello"})
    assert (
        run_tool(tool, ["import os; print(os.environ['GREETING'])"], what="greeting") == "hello\n"
    )


def test_no_run_finds_what_another_kept() -> None:
    tool = replace(_PYTHON, scratch_variable="SCRATCH")
    program = (
        "import os, pathlib; scratch = pathlib.Path(os.environ['SCRATCH']); "
        "assert not list(scratch.iterdir()); (scratch / 'kept').touch(); print(scratch)"
    )
    runs = [
        run_tool(tool, [program], what="keeping"),
        run_measured(tool, [program], cwd=Path(), what="keeping").log,
    ]
    places = [Path(run.strip()) for run in runs]
    assert len(set(places)) == 2
    assert not any(place.exists() for place in places)
    assert tool.identity == "python 3, forgetful"
    assert _PYTHON.identity == "python 3"


def test_a_failure_carries_the_tools_own_words() -> None:
    program = "import sys; print('chatter'); print('line 3: wrong', file=sys.stderr); sys.exit(4)"
    with pytest.raises(ToolFailed) as caught:
        run_tool(_PYTHON, [program], what="reading `x.v`")
    assert caught.value.message == "python failed reading `x.v` (exit status 4)"
    assert caught.value.details == "line 3: wrong"
    assert caught.value.exit_code == 2


def test_a_crash_names_the_signal() -> None:
    with pytest.raises(ToolFailed, match="SIGSEGV"):
        run_tool(_PYTHON, ["import os; os.kill(os.getpid(), 11)"], what="crashing")


def test_a_missing_program_is_named() -> None:
    with pytest.raises(ToolMissing, match="cannot start `nothing`") as caught:
        run_tool(Tool("nothing", ("/nonexistent/nothing",), ""), [], what="running")
    assert caught.value.exit_code == 3


def test_ctrl_c_ends_tools_of_all_threads_and_their_children(tmp_path: Path) -> None:
    pid_file = tmp_path / "pid"
    child = (
        "import os, subprocess, sys, time; "
        "p = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)']); "
        f"open({str(pid_file)!r}, 'w').write(str(p.pid)); time.sleep(60)"
    )
    script = (
        # Where the tests run in the background, Ctrl-C is ignored, and that is inherited.
        "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "import sys; from concurrent.futures import ThreadPoolExecutor as Pool\n"
        "from toolchain import Tool, run_tool\n"
        "with Pool() as pool: pool.submit("
        f"run_tool, Tool('t', (sys.executable, '-c'), ''), [{child!r}], what='sleeping').result()"
    )
    caller = subprocess.Popen(
        [sys.executable, "-c", script], stderr=subprocess.PIPE, start_new_session=True
    )
    deadline = time.monotonic() + 30
    while not (pid_file.exists() and pid_file.read_text()) and time.monotonic() < deadline:
        time.sleep(0.05)
    grandchild = int(pid_file.read_text())
    os.killpg(caller.pid, signal.SIGINT)  # as a terminal does
    caller.communicate(timeout=30)
    while _alive(grandchild) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not _alive(grandchild)


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (ProcessLookupError, FileNotFoundError):
        return False
    return state != "Z"
