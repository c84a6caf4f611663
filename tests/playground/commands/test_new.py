from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import gateware
from playground.project import load_project
from tests.playground.conftest import FakeFlow, Ran

Cfu = Callable[..., Ran]


def test_a_new_project_runs_with_no_flags(cfu: Cfu, flow: FakeFlow, monkeypatch: object) -> None:
    ran = cfu("new", "mine")
    assert ran.code == 0
    assert {path.name for path in Path("mine").iterdir()} == {"cfu.toml", "my_cfu.py", "conv_2d.cc"}
    assert cfu("compare", "mine", "mine").code == 0
    assert flow.designs[0].cfu == "my_cfu.py:MyCfu"
    assert [path.name for path in flow.designs[0].kernel_files] == ["conv_2d.cc"]


def test_its_cfu_is_one(cfu: Cfu, flow: FakeFlow) -> None:
    cfu("new", "mine")
    project = load_project(Path("mine"))
    assert project.cfu is not None
    artifact = gateware.load_cfu(project.cfu, directory=Path("mine"))
    assert [instruction.name for instruction in artifact.spec.instructions] == ["dot4"]


def test_nothing_is_overwritten(cfu: Cfu, flow: FakeFlow) -> None:
    Path("mine").mkdir()
    Path("mine", "cfu.toml").write_text("precious")
    ran = cfu("new", "mine")
    assert ran.code == 1
    assert ran.err.startswith("error: `mine` is there already and not an empty directory\n\nhint: ")
    assert Path("mine", "cfu.toml").read_text() == "precious"
    assert [path.name for path in Path("mine").iterdir()] == ["cfu.toml"]


def test_a_file_of_that_name(cfu: Cfu, flow: FakeFlow) -> None:
    Path("mine").write_text("precious")
    assert cfu("new", "mine").code == 1
    assert Path("mine").read_text() == "precious"


def test_an_empty_directory_is_filled(cfu: Cfu, flow: FakeFlow) -> None:
    Path("mine").mkdir()
    assert cfu("new", "mine").code == 0


def test_a_place_that_cannot_be_written(cfu: Cfu, flow: FakeFlow) -> None:
    Path("file").touch()
    ran = cfu("new", "file/mine")
    assert ran.code == 1
    assert ran.err.startswith("error: cannot write the project `file/mine`: Not a directory")
