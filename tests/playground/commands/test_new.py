from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

import gateware
from playground.commands.new import TEMPLATES
from playground.project import load_project
from playground.resolve import project_design
from tests.playground.conftest import FakeFlow, Ran

Cfu = Callable[..., Ran]


def test_a_new_project_runs_with_no_flags(cfu: Cfu, flow: FakeFlow, monkeypatch: object) -> None:
    ran = cfu("new", "mine")
    assert ran.code == 0
    assert {path.name for path in Path("mine").iterdir()} == {"cfu.toml", "my_cfu.py", "conv_2d.cc"}
    assert cfu("compare", "mine", "mine").code == 0
    assert flow.designs[0].cfu == "my_cfu.py:MyCfu"
    assert [path.name for path in flow.designs[0].kernel_files] == ["conv_2d.cc"]


@pytest.mark.parametrize("template", TEMPLATES)
def test_templates_run_with_no_flags(template: str, cfu: Cfu, flow: FakeFlow) -> None:
    told = cfu("new", "mine", "--template", template).out
    assert {path.name for path in Path("mine").iterdir()} == set(TEMPLATES[template])
    assert all(name in told for name in TEMPLATES[template])
    project = load_project(Path("mine"))
    assert project.model == "ds_cnn_seeded"
    assert project.cfu == ("my_cfu.py:MyCfu" if template == "amaranth" else "my_cfu.toml")
    artifact = gateware.load_cfu(project.cfu, directory=Path("mine"))
    (dot4,) = artifact.spec.instructions
    assert (dot4.name, dot4.operands) == ("dot4", ("inputs", "filters"))
    texts = [path.read_text() for path in Path("mine").iterdir()]
    assert template == "amaranth" or not any("my_cfu.py" in text for text in texts)


def test_an_unknown_template(cfu: Cfu, flow: FakeFlow) -> None:
    ran = cfu("new", "mine", "--template", "sytemverilog")
    assert ran.code == 1
    assert ran.err == (
        "error: there is no template `sytemverilog`\n\nhint: did you mean `systemverilog`? "
        "templates: amaranth, verilog, systemverilog\n"
    )
    assert not Path("mine").exists()


def test_a_model_of_the_list(cfu: Cfu, flow: FakeFlow) -> None:
    assert cfu("new", "mine", "--model", "digits_cnn").code == 0
    assert load_project(Path("mine")).model == "digits_cnn"
    lines = Path("mine", "cfu.toml").read_text().splitlines()
    assert len({line.index("#") for line in lines[1:5]}) == 1  # still aligned


@pytest.mark.parametrize(
    ("model", "message"),
    [
        ("digit_cnn", "there is no model `digit_cnn`"),
        ("absent.tflite", "there is no model file `"),
        ("kws01", "the model `kws01` is not here yet"),
    ],
)
def test_a_model_that_is_not_there(model: str, message: str, cfu: Cfu, flow: FakeFlow) -> None:
    ran = cfu("new", "mine", "--model", model)
    assert ran.code == 1
    assert ran.err.startswith(f"error: {message}")
    assert not Path("mine").exists()


def test_a_model_s_file_is_copied(cfu: Cfu, flow: FakeFlow) -> None:
    source = Path("models") / 'a "net".tflite'
    source.parent.mkdir()
    source.write_bytes(b"net")
    told = cfu("new", "mine", "--model", str(source)).out
    assert source.name in told
    assert load_project(Path("mine")).model == source.name
    assert Path("mine", source.name).read_bytes() == b"net"
    assert project_design(Path("mine")).model == Path("mine", source.name)


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
