"""Completion in shells, as they ask for it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from boards import board_names
from gateware import shipped_cfus
from playground.catalog import catalog_names
from playground.commands.completion import COMPLETION_VARIABLE, Shell
from playground.resolve import shipped_kernels
from soc import cpu_names
from tests.playground.conftest import Ran

Cfu = Callable[..., Ran]


@pytest.mark.parametrize(
    ("typed", "wanted"),
    [
        ("wat", {"watch"}),
        ("run --bo", {"--board", "--both"}),
        ("run --board ", set(board_names())),
        ("run --cpu ", set(cpu_names())),
        ("run --cfu ", {*shipped_cfus(), "none"}),
        ("run --kernels ", {*shipped_kernels(), "none"}),
        ("run ", set(catalog_names())),
        ("synth --board ul", {"ulx3s"}),
        ("completion ", set(Shell)),
        ("run --cfu my_cfu.py", set()),  # a file, which the shell completes
    ],
)
def test_words_for_bash(
    typed: str,
    wanted: set[str],
    cfu: Cfu,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    words = ["./cfu", *typed.split(" ")]
    monkeypatch.setenv("COMP_WORDS", " ".join(words))
    monkeypatch.setenv("COMP_CWORD", str(len(words) - 1))
    monkeypatch.setenv(COMPLETION_VARIABLE, "complete_bash")
    with pytest.raises(SystemExit) as ended:
        cfu()
    assert ended.value.code == 0
    assert set(capsys.readouterr().out.split()) == wanted


def test_the_script_asks_the_cfu_that_is_typed(cfu: Cfu, tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    typed = tmp_path / "bin" / "cfu"
    typed.write_text(f'#!/bin/sh\nexec {sys.executable} -P -m playground "$@"\n')
    typed.chmod(0o755)
    script = cfu("completion", "bash").out
    ask = f"COMP_WORDS=({typed} run --board ul) COMP_CWORD=3; _cfu_completion {typed}"
    ran = subprocess.run(
        ["bash", "-c", f'{script}\n{ask}; echo "${{COMPREPLY[*]}}"; complete -p cfu'],
        capture_output=True,
        text=True,
        check=True,
    )
    assert ran.stdout == "ulx3s\ncomplete -o default -F _cfu_completion cfu\n"


@pytest.mark.parametrize("shell", list(Shell))
def test_each_shell_has_a_script(shell: Shell, cfu: Cfu) -> None:
    ran = cfu("completion", shell)
    assert ran.code == 0
    assert f"_CFU_COMPLETE=complete_{shell}" in ran.out


def test_a_shell_without_a_script(cfu: Cfu) -> None:
    ran = cfu("completion", "csh")
    assert ran.code == 1
    assert "'csh' is not one of 'bash', 'zsh', 'fish'" in ran.err
