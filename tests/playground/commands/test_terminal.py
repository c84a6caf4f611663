"""A simulated board that another command runs a model on."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from tests.playground.conftest import Ran

Cfu = Callable[..., Ran]

_BOARD = ("--board", "ulx3s")


def test_a_model_runs_on_a_board_that_another_command_simulates(cfu: Cfu, tmp_path: Path) -> None:
    digit = tmp_path / "digit"
    digit.write_bytes(bytes(range(64)))
    command = [sys.executable, "-m", "playground", "terminal", "digits_cnn", *_BOARD]
    with subprocess.Popen(
        [*command, "--ideal-memory"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # Where the tests run in the background, Ctrl-C is ignored, and that is inherited.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    ) as terminal:
        assert terminal.stdout is not None
        port = terminal.stdout.readline().strip()
        ran = cfu(
            *("run", "digits_cnn", *_BOARD, "--input", str(digit), "--json"),
            *("--simulator", "board", "--port", port),
        )
        terminal.send_signal(signal.SIGINT)
        _, told = terminal.communicate(timeout=60)
    assert ran.code == 0, ran.err
    profile = json.loads(ran.out)
    assert profile["sources"]["cycles"] == "board"
    assert profile["simulator"]["version"] == "ulx3s, simulated"
    assert all(layer["bit_exact"] for layer in profile["layers"])
    assert terminal.returncode == 130
    assert "litex_term --speed 115200 --kernel " in told
    assert f"--kernel-adr 0x40000000 {port}" in told
