"""Completion in shells, as they ask for it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path

import pytest
from optuna.storages import RDBStorage
from optuna.study import StudyDirection

from boards import board_names
from firmware.compiler import compiler_names
from gateware import cfu_parameters, shipped_cfus
from playground.catalog import catalog_names
from playground.commands.completion import COMPLETION_VARIABLE, Shell
from playground.commands.explore import STUDIES
from playground.design import SIMULATORS
from playground.explore.objectives import OBJECTIVES
from playground.explore.study import SAMPLERS
from playground.resolve import shipped_kernels
from profiles import History, RunContext
from soc import cpu_names
from soc.vexriscv import CpuOptions
from tests.playground.conftest import Ran
from tests.profiles.examples import example_profile

Cfu = Callable[..., Ran]


def _parameters(cfu: str) -> set[str]:
    return {f"cfu.{name}" for name in cfu_parameters(cfu, directory=Path())}


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
        ("run --compiler ", set(compiler_names())),
        ("run --simulator ", set(SIMULATORS)),
        ("explore --objective ", set(OBJECTIVES)),
        ("explore --sampler ", set(SAMPLERS)),
        ("explore --fits ", set(board_names())),
        ("explore --fpga ul", {"ulx3s"}),
        ("explore --study ", set()),
        ("explore --search cpu.", {f"cpu.{field.name}" for field in fields(CpuOptions)}),
        ("explore --cfu array --search cfu.", _parameters("array")),
        ("explore --cfu array:units=4 --search cfu.u", {"cfu.units"}),
        ("explore --cfu simd_mac --search cfu.", set()),
        ("show ", set()),
    ],
)
def test_words_for_bash(
    typed: str,
    wanted: set[str],
    cfu: Cfu,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    assert _completed(typed, cfu, monkeypatch, capsys) == wanted


def _completed(
    typed: str, cfu: Cfu, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> set[str]:
    words = ["./cfu", *typed.split(" ")]
    monkeypatch.setenv("COMP_WORDS", " ".join(words))
    monkeypatch.setenv("COMP_CWORD", str(len(words) - 1))
    monkeypatch.setenv(COMPLETION_VARIABLE, "complete_bash")
    with pytest.raises(SystemExit) as ended:
        cfu()
    assert ended.value.code == 0
    return set(capsys.readouterr().out.split())


def test_what_a_project_holds(
    cfu: Cfu,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (tmp_path / "cfu.toml").write_text('model = "digits_cnn"\ncfu = "mine.py:Mine"\n')
    (tmp_path / "mine.py").write_text(
        "class Other(Cfu):\n    parameters = {'depth': 1}\n"
        "class Mine(Cfu):\n    parameters = {'lanes': Choice(1, 2), 'words': 3}\n"
    )
    history = History.open(tmp_path)
    history.record(example_profile(), RunContext(label="unrolled"))
    history.record(example_profile(total_cycles=99_000_000), RunContext(label="two words"))
    assert history.path == tmp_path / ".cfu" / "history.sqlite"
    for file, name in ((STUDIES, "small"), (Path("elsewhere.sqlite"), "fast")):
        storage = RDBStorage(f"sqlite:///{tmp_path / file}")
        storage.create_new_study([StudyDirection.MINIMIZE], name)
        storage.remove_session()
    inner = tmp_path / "inner"
    inner.mkdir()
    monkeypatch.chdir(inner)
    for typed, wanted in (
        ("show ", {"last", "1", "2", "unrolled"}),
        ("show l", {"last"}),
        ("compare 1 ", {"last", "1", "2", "unrolled"}),
        ("report un", {"unrolled"}),
        ("explore --search cfu.", {"cfu.lanes", "cfu.words"}),
        ("explore --study ", {"small"}),
        ("explore --storage ../elsewhere.sqlite --study ", {"fast"}),
    ):
        assert _completed(typed, cfu, monkeypatch, capsys) == wanted, typed
    history.path.write_text("damaged")
    assert _completed("show ", cfu, monkeypatch, capsys) == set()


def test_completing_imports_nothing_large(tmp_path: Path) -> None:
    asked = "[c.complete_runs(), c.complete_objectives(), c.complete_simulators(), "
    asked += "c.complete_samplers(), c.complete_boards()]"
    script = f"import sys; import playground.commands.completing as c; {asked}; "
    script += "print(sorted({'optuna', 'amaranth', 'litex', 'numpy', 'sqlalchemy', 'distributed'}"
    script += " & sys.modules.keys()))"
    ran = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=tmp_path
    )
    assert ran.stdout == "[]\n"


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
