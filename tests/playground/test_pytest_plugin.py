"""Bounds for cycles, in tests of projects."""

from __future__ import annotations

from pathlib import Path

import pytest

import playground.api  # noqa: F401 - numpy is loaded once a process, and pytester forgets modules
from playground.project_tests import run_project_tests
from tests.playground.conftest import FakeFlow
from toolchain import PlaygroundError

_BOUNDS = {
    "whole": ("max=9_000_000", ""),
    "a_layer": ("layer=1, max=80_000", ""),
    "an_operator": ('layer="CONV_2D", max=8_620_000', ""),
    "slow": (
        "max=8_000_000",
        "an inference of `kws` takes 8,700,000 cycles (rtl), 700,000 more than 8,000,000",
    ),
    "slow_layer": (
        "layer=0, max=8_619_999",
        "layer 0, CONV_2D, of `kws` takes 8,620,000 cycles (rtl), 1 more than 8,619,999",
    ),
    "no_such_layer": ("layer=2, max=1", "`kws` has no layer 2"),
    "negative_layer": ("layer=-1, max=1", "its layers are 0 to 1"),
    "no_such_operator": (
        'layer="ADD", max=1',
        "`kws` has no layer of operator `ADD`\n*its operators are CONV_2D, SOFTMAX",
    ),
}


@pytest.fixture
def fake(pytester: pytest.Pytester, flow: FakeFlow, monkeypatch: pytest.MonkeyPatch) -> FakeFlow:
    """A flow that runs nothing, in a project in the current directory."""
    monkeypatch.chdir(pytester.path)
    monkeypatch.setattr("playground.api.run_design", flow)
    for name in ("net.tflite", "conv_2d.cc"):
        Path(name).touch()
    Path("cfu.toml").write_text('model = "net.tflite"\n')
    return flow


def test_a_bound_holds_or_tells(pytester: pytest.Pytester, fake: FakeFlow) -> None:
    pytester.makepyfile(
        "".join(
            f"def test_{name}(assert_cycles):\n    assert_cycles({arguments})\n"
            for name, (arguments, _) in _BOUNDS.items()
        )
    )
    result = pytester.runpytest_inprocess("-p", "no:cacheprovider")
    failures = [message for _, message in _BOUNDS.values() if message]
    result.assert_outcomes(passed=len(_BOUNDS) - len(failures), failed=len(failures))
    for message in failures:
        result.stdout.fnmatch_lines([f"*{line}" for line in message.split("\n*")])
    # However many bounds, it runs once.
    assert len(fake.designs) == 1


def test_another_design_than_the_project_s(pytester: pytest.Pytester, fake: FakeFlow) -> None:
    pytester.makepyfile(
        """
        import dataclasses
        from playground import load_design

        def test_slim(assert_cycles):
            design = dataclasses.replace(load_design(), cpu="slim")
            assert assert_cycles(design, max=9_000_000).total_cycles == 8_700_000
        """
    )
    pytester.runpytest_inprocess("-p", "no:cacheprovider").assert_outcomes(passed=1)
    assert [design.cpu for design in fake.designs] == ["slim"]


def test_outside_of_a_project(pytester: pytest.Pytester, fake: FakeFlow) -> None:
    Path("cfu.toml").unlink()
    pytester.makepyfile("def test_it(assert_cycles):\n    assert_cycles(max=1)\n")
    result = pytester.runpytest_inprocess("-p", "no:cacheprovider")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*is in no project, and the test names no design"])


def test_a_project_s_own_tests_are_run(tmp_path: Path) -> None:
    assert run_project_tests(tmp_path) is None
    # What is above a project does not matter to it.
    (tmp_path / "pytest.ini").write_text("[pytest]\naddopts = --no-such-option\n")
    project = tmp_path / "project"
    (project / "tests").mkdir(parents=True)
    (project / "test_a.py").write_text("def test_a():\n    pass\n")
    (project / "tests/test_b.py").write_text("def test_b(assert_cycles):\n    pass\n")
    said = run_project_tests(project)
    assert said is not None
    assert said.startswith("2 passed in ")
    (project / "test_a.py").write_text("def test_a():\n    assert 1 + 1 == 3\n")
    with pytest.raises(PlaygroundError, match=r"tests in .* fail") as error:
        run_project_tests(project)
    assert "assert (1 + 1) == 3" in (error.value.details or "")
    (project / "test_a.py").write_text(
        'import os\n\ndef test_a():\n    os.write(1, bytes([0xFF]))\n    assert False, "cut off"\n'
    )
    (project / "pytest.ini").write_text("[pytest]\naddopts = -s\n")
    with pytest.raises(PlaygroundError, match=r"tests in .* fail") as error:
        run_project_tests(project)
    assert "cut off" in (error.value.details or "")
