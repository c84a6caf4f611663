from __future__ import annotations

import io

import pytest
from rich.console import Console

from playground.progress import ConsoleProgress, Silent


def test_phases_are_timed_and_added_up() -> None:
    progress = Silent()
    for _ in range(2):
        with progress.phase("build", "building"):
            pass
    with pytest.raises(KeyError), progress.phase("run", "running"):
        raise KeyError
    assert set(progress.seconds) == {"build", "run"}
    assert all(seconds >= 0 for seconds in progress.seconds.values())


def test_elsewhere_than_on_a_terminal_each_phase_is_a_line() -> None:
    stream = io.StringIO()
    progress = ConsoleProgress(Console(file=stream, width=80), subject="[kws]")
    with progress.phase("simulate", "simulating `kws`", total=3) as step:
        step(1)
        step(3)
    assert stream.getvalue() == "[kws]: simulating `kws`\n"


def test_what_stays_to_be_read() -> None:
    stream = io.StringIO()
    ConsoleProgress(Console(file=stream, width=20), subject="kws").tell("a [line] of its own")
    assert stream.getvalue() == "kws: a [line] of its own\n"


def test_on_a_terminal_the_line_is_gone_afterwards() -> None:
    stream = io.StringIO()
    progress = ConsoleProgress(Console(file=stream, width=80, force_terminal=True))
    with progress.phase("simulate", "simulating [kws]", total=4) as step:
        step(2)
    assert "simulating [kws]" in stream.getvalue()
    assert stream.getvalue().endswith("\x1b[2K")  # erases the line
