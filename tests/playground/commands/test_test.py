from __future__ import annotations

import dataclasses
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from gateware.formal import HandshakeProof
from gateware.testing import CheckReport
from playground.soc_check import SocCheck
from sim.cocotb_soc.session import SocSession
from tests.playground.conftest import FakeFlow, Ran

Cfu = Callable[..., Ran]

_ROOT = Path(__file__).parents[3]
_PROVEN = HandshakeProof(is_proven=True, is_accepting=True)


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
        coverage={"dot4": 950, "(unknown)": 50},
        has_model=has_model,
        failures=failures,
        corners={"dot4": {"inputs": (0, 1, 0x80), "filters": (0,)}},
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


def _words(text: str) -> str:
    """Return text without what is a table's: lines of its own, and columns."""
    lines = (" ".join(line.split()) for line in text.splitlines() if "──" not in line)
    return "".join(f"{line}\n" for line in lines if line)


def test_a_project_is_checked(cfu: Cfu, reports: list[CheckReport]) -> None:
    ran = cfu("test")
    assert ran.code == 0, ran.err
    assert _words(ran.out) == (
        "CFU `my_cfu.py:MyCfu`: like its model, 1,000 commands with stalls in amaranth and "
        "verilator\n"
        "handshake: proven for any commands and stalls, every command accepted, no response too "
        "many, too late, lost or changed\n"
        "instruction commands corners of operands, of 10\n"
        "dot4 950 inputs 3, filters 1\n"
        "ids of none 50\n"
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
            "accepted; not proven that `read` answers in time; memory port likewise\n",
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


def test_an_instruction_that_is_never_sent(cfu: Cfu, reports: list[CheckReport]) -> None:
    failure = "no command is `clear`: nothing is known of it"
    reports[0] = dataclasses.replace(
        reports[0], coverage={"dot4": 1000, "clear": 0}, failures=(failure,)
    )
    ran = cfu("test")
    assert ran.code == 1
    assert f"fails its check in amaranth: {failure}\n" in ran.err
    assert "let the CFU's `stimulus` send every instruction" in ran.err


def test_commands_that_are_never_accepted_are_no_matter_of_the_stimulus(
    cfu: Cfu, reports: list[CheckReport]
) -> None:
    failure = "a command is never accepted although every earlier one is answered"
    reports[0] = dataclasses.replace(reports[0], coverage={"dot4": 0}, failures=(failure,))
    ran = cfu("test")
    assert ran.code == 1
    assert "hint: correct the hardware or its `model`, whichever is wrong" in ran.err


_IN_SOC = SocCheck(
    "digits_cnn",
    SocSession(
        bus=dataclasses.replace(_report("soc"), commands=2048, coverage={"dot4": 2048}),
        cycles=1_051_300,
    ),
)


@pytest.fixture
def soc_models(monkeypatch: pytest.MonkeyPatch) -> list[str | None]:
    """Let the SoC pass, and collect the models that are named for it."""
    named: list[str | None] = []

    def check(project: Path, model: str | None, **_: object) -> SocCheck:
        named.append(model)
        return _IN_SOC

    monkeypatch.setattr("playground.checks.check_in_soc", check)
    return named


def test_the_soc_is_checked_if_asked_for(
    cfu: Cfu, reports: list[CheckReport], soc_models: list[str | None]
) -> None:
    assert "SoC" not in cfu("test").out
    ran = cfu("test", "--soc")
    assert "dot4 950 inputs 3, filters 1 2,048\nids of none 50 0\n" in _words(ran.out)
    assert (
        "\nSoC: `digits_cnn` under cocotb in 1,051,300 cycles, output like TensorFlow Lite Micro's"
        "; 2,048 commands by the rules of the bus, answered like the model\n"
    ) in ran.out
    cfu("test", "--soc", "kws01")
    assert soc_models == [None, "kws01"]


def test_a_soc_whose_kernels_do_without_the_cfu(
    cfu: Cfu,
    reports: list[CheckReport],
    soc_models: list[str | None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    bus = dataclasses.replace(_IN_SOC.session.bus, commands=0, coverage={"dot4": 0})
    session = dataclasses.replace(_IN_SOC.session, bus=bus)
    check = dataclasses.replace(_IN_SOC, session=session)
    monkeypatch.setattr("playground.checks.check_in_soc", lambda *_, **__: check)
    assert "Micro's; the kernels sent the CFU no command for it\n" in cfu("test", "--soc").out


def test_all_of_it_as_json(
    cfu: Cfu, reports: list[CheckReport], soc_models: list[str | None]
) -> None:
    told = json.loads(cfu("test", "--soc", "--json").out)
    assert told["cfu"] == "my_cfu.py:MyCfu"
    assert [check["simulator"] for check in told["checks"]] == ["amaranth", "verilator"]
    assert told["checks"][0]["coverage"] == {"dot4": 950, "(unknown)": 50}
    assert told["handshake"]["is_accepting"]
    assert (told["soc"]["cycles"], told["soc"]["check"]["commands"]) == (1_051_300, 2048)
    assert told["kernels"] == {"model": "kws", "layers": {"0": "conv_2d.cc", "1": "reference"}}


@pytest.mark.parametrize("flag", ["--soc", "--json"])
def test_these_flags_are_for_projects(cfu: Cfu, flow: FakeFlow, flag: str) -> None:
    ran = cfu("test", flag)
    assert ran.code == 1
    assert ran.err.startswith(f"error: `{flag}` is for a project, and this is none")


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
