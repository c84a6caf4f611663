"""The projects that `cfu new` writes, built and run for real."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from gateware.testing import check_cfu
from playground.commands.new import TEMPLATES, write_project
from playground.models import find_model
from profiles import Profile
from tests.playground.conftest import Ran
from tests.profiles.json_schema import violations

Cfu = Callable[..., Ran]


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a new project with one digit to recognise, and work in it."""
    directory = tmp_path / "mine"
    write_project(directory)
    digits = find_model("digits_cnn")
    image = digits.inputs[0].read_bytes()[:64]
    (directory / "digit.dat").write_bytes(image)
    monkeypatch.chdir(directory)
    return directory


@pytest.mark.parametrize("template", TEMPLATES)
def test_each_runs_and_passes_its_tests(
    template: str, cfu: Cfu, project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    directory = tmp_path / template
    write_project(directory, template=template, model="digits_cnn")
    monkeypatch.chdir(directory)
    tested = cfu("test")
    assert tested.code == 0, tested.err
    assert "like its model" in tested.out
    assert "handshake: proven for any commands and stalls" in tested.out
    assert "1 of them by overrides" in tested.out
    ran = cfu("run", "--json")
    assert ran.code == 0, ran.err
    values = json.loads(ran.out)
    published = Path(__file__).parents[2] / "docs" / "profile.schema.json"
    assert violations(values, json.loads(published.read_text())) == []
    profile = Profile.model_validate(values)
    assert profile.bit_exact
    assert profile.kernels == ("conv_2d.cc",)
    assert profile.cfu.name == ("MyCfu" if template == "amaranth" else "my_cfu")
    (run,) = json.loads(cfu("log", "--json").out)
    assert run["cycles"] == profile.total_cycles


def test_its_kernel_runs_the_layers_it_is_for(cfu: Cfu, project: Path) -> None:
    ran = cfu("run", "digits_cnn", "--input", "digit.dat", "--json")
    assert ran.code == 0, ran.err
    profile = Profile.model_validate(json.loads(ran.out))
    assert profile.bit_exact
    assert profile.cfu.name == "MyCfu"
    assert profile.kernels == ("conv_2d.cc",)
    # Of the two convolutions one is of 1x1; the kernel leaves the other to the reference.
    by_kernel = {layer.kernel: layer.input_shapes[1] for layer in profile.layers if layer.macs}
    assert by_kernel["conv_2d.cc"][1:3] == (1, 1)
    convolutions = [layer.kernel for layer in profile.layers if layer.operator == "CONV_2D"]
    assert sorted(convolutions) == ["conv_2d.cc", "reference"]


def test_its_hardware_is_like_its_model(project: Path) -> None:
    reports = check_cfu("my_cfu.py:MyCfu", directory=project, commands=300)
    assert [report.simulator for report in reports] == ["amaranth", "verilator"]
    assert all(report.passed and report.has_model for report in reports)


def test_a_fault_in_the_kernel_is_an_error(cfu: Cfu, project: Path) -> None:
    source = project / "conv_2d.cc"
    text = source.read_text()
    assert "sum += params.output_offset;" in text
    source.write_text(text.replace("sum += params.output_offset;", "sum += 1;"))
    ran = cfu("run", "digits_cnn", "--input", "digit.dat")
    assert ran.code == 1
    assert "first in layer 2 CONV_2D run by `conv_2d.cc`" in ran.err
    assert ran.out == ""


def test_a_kernel_that_does_not_compile_is_an_error(cfu: Cfu, project: Path) -> None:
    (project / "conv_2d.cc").write_text("this is no C++\n")
    ran = cfu("run", "digits_cnn", "--input", "digit.dat")
    assert ran.code == 2
    assert "conv_2d.cc:1:1: error: " in ran.err.partition("\n\nerror: ")[0]
    assert "Traceback" not in ran.err


@pytest.mark.parametrize("compiler", ["zig", "gcc"])
def test_a_kernel_that_is_not_in_its_file_is_an_error(
    compiler: str, cfu: Cfu, project: Path
) -> None:
    if compiler == "gcc" and shutil.which("riscv64-unknown-elf-g++") is None:
        pytest.skip("there is no RISC-V GCC here")
    source = project / "conv_2d.cc"
    source.write_text(source.read_text().replace("bool conv_2d(", "bool conv2d("))
    ran = cfu("run", "digits_cnn", "--input", "digit.dat", "--compiler", compiler)
    assert ran.code == 1
    assert (
        f"error: `{source}` does not define `bool playground::conv_2d(const Conv2DLayer& layer)`"
        in ran.err
    )


def test_a_cfu_that_does_not_elaborate_is_an_error(cfu: Cfu, project: Path) -> None:
    source = project / "my_cfu.py"
    source.write_text(source.read_text().replace("Opcode(0)", "Opcode(9)"))
    ran = cfu("run", "digits_cnn", "--input", "digit.dat")
    assert ran.code == 1
    assert "`my_cfu.py` line " in ran.err
    assert "funct3 must be an integer from 0 to 7, not 9" in ran.err
