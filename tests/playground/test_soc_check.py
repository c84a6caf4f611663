"""The inference that `cfu test --soc` runs on a whole SoC."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import pytest

from gateware.testing import CheckReport
from playground import soc_check
from playground.commands.new import write_project
from playground.progress import Silent
from playground.soc_check import SocCheck, check_in_soc
from sim.cocotb_soc.session import SocSession
from toolchain import ArtifactCache, PlaygroundError

_REPORT = CheckReport(
    simulator="soc",
    seed=0,
    commands=3,
    cycles=9,
    command_stalls=0,
    response_stalls=0,
    coverage={"dot4": 3},
    has_model=True,
    failures=(),
)


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("clone") / "mine"
    write_project(directory)
    return directory


def _check(project: Path) -> SocCheck:
    return check_in_soc(project, None, cache=ArtifactCache.default(), progress=Silent())


def test_a_new_project_passes(project: Path) -> None:
    check = _check(project)
    assert check.model == "digits_cnn"
    bus = check.session.bus
    assert (bus.failures, bus.has_model) == ((), True)
    assert bus.commands == bus.coverage["dot4"] == 2048
    assert sum(layer.overridden for layer in check.session.layers) == 1


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            {"bus": dataclasses.replace(_REPORT, failures=("cycle 7: so", "cycle 9: so too"))},
            "the CFU `my_cfu.py:MyCfu` fails in the SoC: cycle 7: so",
        ),
        ({}, "output `.*` of `digits_cnn` on the SoC is not what TensorFlow Lite Micro computes"),
    ],
    ids=["bus", "output"],
)
def test_what_is_wrong_is_told(
    project: Path, monkeypatch: pytest.MonkeyPatch, change: dict[str, Any], message: str
) -> None:
    session = SocSession(bus=_REPORT, cycles=12, outputs=(bytes(10),))
    session = dataclasses.replace(session, **change)
    monkeypatch.setattr(soc_check, "run_in_soc", lambda *_, **__: session)
    with pytest.raises(PlaygroundError, match=message):
        _check(project)
