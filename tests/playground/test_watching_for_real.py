"""`cfu watch` and `cfu run` as processes."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from playground.commands.new import write_project
from profiles import History

_ROOT = Path(__file__).parents[2]
_CFU = (sys.executable, "-m", "playground")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    directory = tmp_path / "mine"
    write_project(directory, model="digits_cnn")
    return directory


@contextmanager
def _started(project: Path, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    """Start `cfu` in a project; it is gone after the `with` block."""
    with subprocess.Popen(
        [*_CFU, *arguments],
        cwd=project,
        env={**os.environ, "PYTHONPATH": str(_ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # What starts the tests may have Ctrl-C ignored.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def _cfu(project: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*_CFU, *arguments],
        cwd=project,
        env={**os.environ, "PYTHONPATH": str(_ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )


def _edit(file: Path, before: str, after: str) -> None:
    text = file.read_text()
    assert before in text
    file.write_text(text.replace(before, after))


def _next(process: subprocess.Popen[str]) -> dict[str, Any]:
    assert process.stdout is not None
    line: dict[str, Any] = json.loads(process.stdout.readline())
    return line


def test_a_watch_from_save_to_cycles(project: Path) -> None:
    kernel = project / "conv_2d.cc"
    with _started(project, "watch", "--json") as watch:
        first = _next(watch)
        assert (first["run"], first["model"]) == (1, "digits_cnn")

        second = _cfu(project, "watch")
        assert second.returncode == 1
        assert second.stderr.startswith("error: another `cfu watch` is at work in ")

        _edit(kernel, "if (!is_pointwise", "if (true || !is_pointwise")
        slower = _next(watch)
        assert slower["saved"] == ["conv_2d.cc"]
        assert slower["run"] == 2
        assert slower["before"] == first["total_cycles"] < slower["total_cycles"]
        assert [layer["kernel"] for layer in slower["layers"]].count("conv_2d.cc") == 0

        _edit(kernel, "const int pixels", "const itn pixels")
        failed = _next(watch)
        assert f"{kernel}:35:9: error: unknown type name 'itn'" in failed["error"]["details"]

        _edit(kernel, "const itn pixels", "const int pixels")
        assert _next(watch)["total_cycles"] == slower["total_cycles"]

        watch.send_signal(signal.SIGINT)
        assert watch.stderr is not None
        assert watch.stderr.read().endswith("interrupted\n")
        assert watch.wait() == 130
    assert [entry.repeats for entry in History.open(project).entries()] == [1, 0]


def test_a_run_that_is_killed_loses_nothing(project: Path) -> None:
    assert _cfu(project, "run").returncode == 0
    before = History.open(project).entries()
    with _started(project, "run", "--fresh") as run:
        assert run.stderr is not None
        told = ""
        while "simulating" not in told:
            told = run.stderr.readline()
            assert told
        run.send_signal(signal.SIGKILL)
    assert History.open(project).entries() == before
    assert _cfu(project, "run", "--fresh", "--as", "again").returncode == 0
    (entry,) = History.open(project).entries()
    assert (entry.number, entry.repeats, entry.label) == (1, 1, "again")
