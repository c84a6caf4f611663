from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from playground.cli import main
from tests.playground.conftest import FakeFlow, Ran
from toolchain import ToolFailed

Cfu = Callable[..., Ran]


def test_no_verb_shows_the_verbs(cfu: Cfu) -> None:
    ran = cfu()
    assert ran.code == 0
    for verb in ("demo", "run", "compare", "test", "list", "doctor", "new", "models", "bench"):
        assert f" {verb} " in ran.out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["rnu"], "error: no such command 'rnu'. Did you mean 'run'?"),
        (["run", "--borad", "sim"], "error: no such option: --borad"),
        (["run", "--max-cycles", "many"], "error: invalid value for '--max-cycles'"),
        (["run", "--max-cycles", "0"], "error: invalid value for '--max-cycles'"),
        (["new"], "error: missing argument"),
        (["list", "bords"], "error: invalid value for"),
    ],
)
def test_usage_errors_have_the_form_of_all_errors(
    arguments: list[str], message: str, cfu: Cfu
) -> None:
    ran = cfu(*arguments)
    assert ran.code == 1
    assert ran.err.startswith(message)
    assert "\n\nhint: `cfu" in ran.err
    assert ran.out == ""


def test_a_failed_tool_s_exit_code_is_the_command_s(cfu: Cfu, flow: FakeFlow) -> None:
    def fail(profile: object) -> None:
        raise ToolFailed("zig failed")

    flow.change = fail  # type: ignore[assignment]
    ran = cfu("run", "digits_cnn")
    assert ran.code == 2
    assert ran.err.endswith("error: zig failed\n")


@pytest.mark.parametrize(
    ("raised", "code", "ending"),
    [(KeyboardInterrupt, 130, "interrupted\n"), (RuntimeError, 70, ".txt`\n")],
)
def test_what_the_flow_may_raise(
    raised: type[BaseException], code: int, ending: str, cfu: Cfu, flow: FakeFlow
) -> None:
    def fail(profile: object) -> None:
        raise raised

    flow.change = fail  # type: ignore[assignment]
    ran = cfu("run", "digits_cnn")
    assert ran.code == code
    assert ran.err.endswith(ending)
    assert "Traceback" not in ran.err
    assert ran.out == ""


def test_a_directory_that_was_removed_is_named(cfu: Cfu, flow: FakeFlow) -> None:
    Path.cwd().rmdir()
    ran = cfu("list", "boards")
    assert ran.code == 1
    assert ran.err.startswith("error: the current directory is not there: No such file")


@pytest.mark.parametrize("arguments", [["list", "boards"], ["list", "boards", "--json"]])
def test_an_output_that_takes_nothing_is_named(
    arguments: list[str],
) -> None:
    with Path("/dev/full").open("w") as full:
        ran = subprocess.run(
            [sys.executable, "-m", "playground", *arguments],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert ran.returncode == 1
    assert ran.stderr.startswith("error: cannot write to standard output: No space left")


def test_help_does_not_wait_for_what_it_does_not_need() -> None:
    program = "import sys, playground.cli; print(*sys.modules)"
    modules = subprocess.check_output([sys.executable, "-c", program], text=True).split()
    assert not {"amaranth", "numpy", "pydantic", "tflite"} & set(modules)


def test_the_process_s_arguments_are_the_default(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["cfu", "list", "boards"])
    assert main() == 0
    assert "sim" in capsys.readouterr().out
