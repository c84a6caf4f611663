from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from playground.design import NO_CFU
from profiles import save_profile
from tests.playground.conftest import FakeFlow, Ran
from tests.profiles.examples import example_profile

Cfu = Callable[..., Ran]


@pytest.fixture
def project(flow: FakeFlow) -> Path:
    for name in ("net.tflite", "conv_2d.cc"):
        Path(name).touch()
    Path("cfu.toml").write_text('model = "net.tflite"\ncfu = "my_cfu.py:MyCfu"\n')
    return Path.cwd()


def test_a_project_beside_its_baseline(cfu: Cfu, flow: FakeFlow, project: Path) -> None:
    ran = cfu("compare")
    assert ran.code == 0, ran.err
    assert [design.cfu for design in flow.designs] == [NO_CFU, "my_cfu.py:MyCfu"]
    assert flow.designs[0].kernels is None
    assert "#0 `baseline`" in ran.out
    assert "10.00×" in ran.out
    assert "baseline: simulating `net`\n" in ran.err


def test_saved_profiles_and_projects(cfu: Cfu, flow: FakeFlow, project: Path) -> None:
    save_profile(example_profile(), Path("a.json"))
    assert "10.00×" in cfu("compare", "a.json", ".").out
    assert "10.00×" in cfu("compare", "a.json", "cfu.toml").out
    assert len(flow.designs) == 2


def test_json(cfu: Cfu, flow: FakeFlow, project: Path) -> None:
    written = json.loads(cfu("compare", "--json").out)
    assert len(written["profiles"]) == 2
    (speedup,) = written["speedups"]
    assert (speedup["baseline"], speedup["profile"]) == (0, 1)
    assert speedup["layers"] == [10.0, 1.0]
    assert written["differences"] == []


def test_unlike_profiles(cfu: Cfu, flow: FakeFlow) -> None:
    save_profile(example_profile(), Path("a.json"))
    save_profile(example_profile(cpu="small"), Path("b.json"))
    refused = cfu("compare", "a.json", "b.json")
    assert refused.code == 1
    assert "hint: `--allow-unlike`" in refused.err
    shown = cfu("compare", "a.json", "b.json", "--allow-unlike", "--json")
    assert json.loads(shown.out)["differences"] == [
        {"profile": 1, "what": "CPU", "baseline": "full", "other": "small"}
    ]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "error: nothing to compare is named"),
        (["a.json"], "error: a comparison takes two profiles or more"),
        (["a.json", "absent.json"], "error: cannot read the profile `absent.json`"),
        (["a.json", "empty"], "error: cannot read `empty/cfu.toml`"),
    ],
)
def test_what_cannot_be_compared(
    arguments: list[str], message: str, cfu: Cfu, flow: FakeFlow
) -> None:
    save_profile(example_profile(), Path("a.json"))
    Path("empty").mkdir()
    ran = cfu("compare", *arguments)
    assert ran.code == 1
    assert ran.err.startswith(message)
