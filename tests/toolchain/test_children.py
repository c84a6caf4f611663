"""Nothing that a process started goes on when the process is no more."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.toolchain.lasting import caller
from toolchain import children

_IN_THREADS = """
from concurrent.futures import ThreadPoolExecutor
from tests.toolchain.lasting import LASTING
from toolchain import run_measured, run_tool
with ThreadPoolExecutor() as pool:
    pool.submit(run_tool, LASTING, [pipe], what="lasting")
    pool.submit(run_measured, LASTING, [pipe], cwd=pipe.parent, what="lasting")
"""
_IN_MAIN_THREAD = """
from tests.toolchain.lasting import LASTING
from toolchain import run_measured, run_tool
"""


def test_tools_of_all_threads_end_with_a_caller_that_is_killed(tmp_path: Path) -> None:
    with caller(_IN_THREADS, tmp_path, tools=2) as (pid, said):
        assert said == ["begun\n"] * 4
        os.kill(pid, signal.SIGKILL)


@pytest.mark.parametrize(
    "call",
    [
        "run_tool(LASTING, [pipe], what='lasting')",
        "run_measured(LASTING, [pipe], cwd=pipe.parent, what='lasting')",
    ],
)
def test_a_tool_and_what_it_started_end_with_a_caller_that_is_interrupted(
    tmp_path: Path, call: str
) -> None:
    with caller(_IN_MAIN_THREAD + call, tmp_path, tools=1) as (pid, said):
        assert said == ["begun\n"] * 2
        os.kill(pid, signal.SIGINT)  # not the group, as a terminal does


def test_the_watcher_ends_what_is_still_at_work_and_nothing_else() -> None:
    sleeping = [sys.executable, "-c", "input()"]
    with (
        subprocess.Popen(sleeping, stdin=subprocess.PIPE) as at_work,
        subprocess.Popen(sleeping, stdin=subprocess.PIPE) as let_go,
        subprocess.Popen([sys.executable, "-c", ""]) as ended,
    ):
        ended.wait()
        told = f"+{at_work.pid}\n+{let_go.pid}\n+{ended.pid}\n-{let_go.pid}\n"
        watcher = [sys.executable, "-I", "-S", children.__file__]
        subprocess.run(watcher, input=told.encode(), check=True)
        assert at_work.wait() == -signal.SIGKILL
        let_go.communicate(b"\n")
        assert let_go.returncode == 0
