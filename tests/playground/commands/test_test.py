from __future__ import annotations

import dataclasses
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from gateware.formal import HandshakeProof
from gateware.testing import CheckReport
from tests.playground.conftest import FakeFlow, Ran

Cfu = Callable[..., Ran]

_ROOT = Path(__file__).parents[3]
_PROVEN = HandshakeProof(is_proven=True)


def _report(
    simulator: str, *, failures: tuple[str, ...] = (), has_model: bool = True
) -> CheckReport:
    return CheckReport(
        simulator=simulator,
        seed=0,
        commands=1000,
        cycles=2000,
        command_stalls=1,
        response_stalls=1,
        coverage={"dot4": 1000},
        has_model=has_model,
        failures=failures,
    )


@pytest.fixture
def reports(monkeypatch: pytest.MonkeyPatch, flow: FakeFlow) -> list[CheckReport]:
    """Make a project whose CFU is checked with these reports as the outcome."""
    outcome = [_report("amaranth"), _report("verilator")]
    monkeypatch.setattr("playground.checks.check_cfu", lambda *_, **__: tuple(outcome))
    monkeypatch.setattr("playground.checks.prove_cfu", lambda *_, **__: _PROVEN)
    for name in ("net.tflite", "conv_2d.cc", "mul.cc"):
        Path(name).touch()
    Path("cfu.toml").write_text('model = "net.tflite"\ncfu = "my_cfu.py:MyCfu"\n')
    return outcome


@pytest.fixture
def pytest_runs(monkeypatch: pytest.MonkeyPatch) -> list[tuple[list[str], Path]]:
    runs: list[tuple[list[str], Path]] = []

    def run(command: list[str], *, cwd: Path, check: bool) -> subprocess.CompletedProcess[str]:
        runs.append((command, cwd))
        return subprocess.CompletedProcess(command, 5)

    monkeypatch.setattr("playground.commands.test.subprocess.run", run)
    return runs


def test_a_project_is_checked(cfu: Cfu, reports: list[CheckReport]) -> None:
    ran = cfu("test")
    assert ran.code == 0, ran.err
    assert ran.out == (
        "CFU `my_cfu.py:MyCfu`: like its model, 1,000 commands with stalls in amaranth and "
        "verilator\n"
        "handshake: proven for any commands and stalls, no response too many, too late, lost or "
        "changed\n"
        "kernels: all 2 layers of `kws` are bit-exact, 1 of them by overrides; no layer was run "
        "by mul.cc\n"
    )


def test_a_cfu_that_is_not_its_model(cfu: Cfu, reports: list[CheckReport]) -> None:
    reports[1] = _report("verilator", failures=("cycle 9: wrong", "cycle 12: wrong too"))
    ran = cfu("test")
    assert ran.code == 1
    assert "cycle 12: wrong too\n\nerror: the CFU `my_cfu.py:MyCfu` fails its check in " in ran.err
    assert "verilator: cycle 9: wrong\n\nhint: " in ran.err


@pytest.mark.parametrize(
    ("proof", "line"),
    [
        (
            HandshakeProof(is_proven=True, unfollowed=("read",), has_memory=True),
            "changed; not proven that `read` answers in time; memory port likewise\n",
        ),
        (
            HandshakeProof(is_proven=False, depth=17, is_settled=False),
            "handshake: cannot be broken within 17 cycles of reset; more takes too long to prove\n",
        ),
        (
            HandshakeProof(is_proven=False),
            "not proven, since it depends on products, memories or registers without reset\n",
        ),
        (
            HandshakeProof(is_proven=False, obstacle="ERROR: no"),
            "handshake: not proven, since Yosys does not read the CFU: ERROR: no\n",
        ),
    ],
)
def test_what_is_proven_is_said(
    cfu: Cfu,
    reports: list[CheckReport],
    monkeypatch: pytest.MonkeyPatch,
    proof: HandshakeProof,
    line: str,
) -> None:
    monkeypatch.setattr("playground.checks.prove_cfu", lambda *_, **__: proof)
    ran = cfu("test")
    assert ran.code == 0
    assert line in ran.out


def test_a_cfu_that_breaks_the_handshake(
    cfu: Cfu, reports: list[CheckReport], monkeypatch: pytest.MonkeyPatch
) -> None:
    proof = HandshakeProof(
        is_proven=False, broken=("withdrawn",), trace=("cycle 0: nothing", "cycle 1: this")
    )
    monkeypatch.setattr("playground.checks.prove_cfu", lambda *_, **__: proof)
    ran = cfu("test")
    assert ran.code == 1
    assert "cycle 0: nothing\ncycle 1: this\n\nerror: the CFU `my_cfu.py:MyCfu` breaks" in ran.err
    assert "the rules of its bus: rsp_valid falls before the response is taken\n" in ran.err


def test_words_through_a_memory_port_are_told(cfu: Cfu, reports: list[CheckReport]) -> None:
    reports[:] = [dataclasses.replace(report, transfers=1234) for report in reports]
    assert "in amaranth and verilator, 1,234 words through its memory port\n" in cfu("test").out


def test_a_cfu_without_a_model(cfu: Cfu, reports: list[CheckReport]) -> None:
    reports[:] = [_report("verilator", has_model=False)]
    ran = cfu("test")
    assert ran.code == 0
    assert "its results are unchecked" in ran.out


def test_a_project_takes_no_arguments(cfu: Cfu, reports: list[CheckReport]) -> None:
    ran = cfu("test", "-k", "x")
    assert ran.code == 1
    assert ran.err.startswith("error: `cfu test` in a project takes no arguments such as `-k`")


def test_elsewhere_the_clone_s_tests_run(
    cfu: Cfu, flow: FakeFlow, pytest_runs: list[tuple[list[str], Path]]
) -> None:
    assert cfu("test").code == 5
    ((command, directory),) = pytest_runs
    assert command[:3] == [sys.executable, "-m", "pytest"]
    assert command[-2:] == ["--dist", "loadfile"]
    assert directory == _ROOT


def test_arguments_are_pytest_s(
    cfu: Cfu, flow: FakeFlow, pytest_runs: list[tuple[list[str], Path]]
) -> None:
    cfu("test", "tests/profiles", "-k", "json", "-n", "0")
    assert pytest_runs[0][0][3:] == ["tests/profiles", "-k", "json", "-n", "0"]


def test_help_is_ours(cfu: Cfu, flow: FakeFlow, pytest_runs: object) -> None:
    ran = cfu("test", "--help")
    assert ran.code == 0
    assert "Check a project's CFU and kernels" in ran.out
    assert pytest_runs == []
