from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import pytest

from gateware import shipped_cfus
from playground.design import Design
from playground.models import find_model
from playground.models.fetch import REMOTE_MODELS
from playground.resolve import (
    Choices,
    cfus_of_kernels,
    project_design,
    resolve,
    shipped_kernels,
)
from toolchain import PlaygroundError


@pytest.fixture(autouse=True)
def _empty_cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("CFU_CACHE", str(tmp_path / "cache"))


@pytest.fixture
def project(tmp_path: Path) -> Path:
    directory = tmp_path / "project"
    directory.mkdir()
    for name in ("net.tflite", "x.dat", "conv_2d.cc", "my_cfu.py"):
        (directory / name).touch()
    (directory / "cfu.toml").write_text(
        'model = "net.tflite"\ncfu = "my_cfu.py:MyCfu"\n'
        'input = "x.dat"\nlabel = 4\nmax_cycles = 9\n'
    )
    return directory


def _resolve(directory: Path, *, project: Path | None = None, **choices: Any) -> Design:
    return resolve(Choices(directory=directory, **choices), project=project)


def test_a_model_file_alone(tmp_path: Path) -> None:
    (tmp_path / "net.tflite").touch()
    assert _resolve(tmp_path, model="net.tflite") == Design(
        model=tmp_path / "net.tflite", cfu_directory=tmp_path
    )


def test_a_shipped_model_brings_its_inputs(tmp_path: Path) -> None:
    digits = find_model("digits_cnn")
    design = _resolve(tmp_path, model="digits_cnn")
    assert (design.model, design.inputs, design.labels) == (
        digits.path,
        digits.inputs,
        digits.labels,
    )


def test_inputs_of_one_s_own_leave_the_shipped_labels_out(tmp_path: Path) -> None:
    (tmp_path / "x.dat").touch()
    design = _resolve(tmp_path, model="digits_cnn", inputs=("x.dat",))
    assert design.inputs == (tmp_path / "x.dat",)
    assert design.labels == ()


def test_a_shipped_cfu_brings_its_kernels(tmp_path: Path) -> None:
    design = _resolve(tmp_path, model="digits_cnn", cfu="simd_mac")
    assert design.kernels == shipped_kernels()["simd_mac"]
    assert design.kernel_files != ()
    assert _resolve(tmp_path, model="digits_cnn", cfu="simd_mac", kernels="none").kernels is None
    assert _resolve(tmp_path, model="digits_cnn").kernels is None


@pytest.mark.parametrize("cfu", ["none", *shipped_cfus()])
def test_portable_kernels_run_with_any_cfu(cfu: str, tmp_path: Path) -> None:
    assert cfus_of_kernels("portable") == ()
    design = _resolve(tmp_path, model="digits_cnn", cfu=cfu, kernels="portable")
    assert design.kernels == shipped_kernels()["portable"]


@pytest.mark.parametrize("cfu", shipped_cfus())
def test_a_shipped_cfu_runs_with_its_kernels_named_in_any_way(cfu: str, tmp_path: Path) -> None:
    kernels = next(name for name in shipped_kernels() if cfu in cfus_of_kernels(name))
    directory = shipped_kernels()[kernels]
    for reference in (None, kernels, str(directory)):
        design = _resolve(tmp_path, model="digits_cnn", cfu=cfu, kernels=reference)
        assert design.kernels == directory


def test_a_cfu_of_ones_own_runs_with_the_kernels_of_its_family(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(
        "from gateware.array import ArraySizes\n"
        "from gateware.array.cfu import ArrayCfu\n"
        "class Mine(ArrayCfu):\n"
        "    def __init__(self):\n"
        "        super().__init__('mine', ArraySizes(\n"
        "            units=2, input_bytes=64, filter_words=16, channels=8))\n"
    )
    choices = Choices(directory=tmp_path, model="digits_cnn", cfu="mine.py")
    assert resolve(choices, project=None).kernels == shipped_kernels()["array"]
    with pytest.raises(PlaygroundError, match=r"`mac4` need another CFU than `mine\.py`"):
        resolve(dataclasses.replace(choices, kernels="mac4"), project=None)
    without = dataclasses.replace(choices, kernels="none")
    assert resolve(without, project=None).kernels is None


def test_kernels_of_another_cfu_are_refused_by_directory_too(tmp_path: Path) -> None:
    directory = str(shipped_kernels()["simd_mac"])
    with pytest.raises(PlaygroundError, match="the kernels `simd_mac` need a CFU"):
        _resolve(tmp_path, model="digits_cnn", kernels=directory)


def test_a_cfu_of_one_s_own_may_have_what_shipped_kernels_need(tmp_path: Path) -> None:
    (tmp_path / "my_cfu.py").touch()
    design = _resolve(tmp_path, model="digits_cnn", cfu="my_cfu.py", kernels="simd_mac")
    assert design.kernels == shipped_kernels()["simd_mac"]


def test_a_project_alone(project: Path) -> None:
    assert project_design(project) == Design(
        model=project / "net.tflite",
        cfu="my_cfu.py:MyCfu",
        cfu_directory=project,
        kernels=project,
        inputs=(project / "x.dat",),
        labels=(4,),
        max_cycles=9,
    )


def test_flags_come_before_the_project(project: Path, tmp_path: Path) -> None:
    (tmp_path / "other_cfu.py").touch()
    design = _resolve(
        tmp_path, project=project, cfu="other_cfu.py", kernels="none", max_cycles=7, compiler="gcc"
    )
    assert design.cfu == "other_cfu.py"
    assert design.cfu_directory == tmp_path
    assert design.kernels is None
    assert design.max_cycles == 7
    assert design.compiler == "gcc"
    assert design.model == project / "net.tflite"
    assert design.labels == (4,)


def test_another_model_leaves_the_project_s_inputs_out(project: Path, tmp_path: Path) -> None:
    (tmp_path / "other.tflite").touch()
    design = _resolve(tmp_path, project=project, model="other.tflite")
    assert design.inputs == ()
    assert design.labels == ()
    assert design.kernels == project


def test_a_project_without_kernels_has_its_cfu_s(project: Path) -> None:
    (project / "conv_2d.cc").unlink()
    (project / "cfu.toml").write_text('model = "digits_cnn"\ncfu = "simd_mac"\n')
    assert project_design(project).kernels == shipped_kernels()["simd_mac"]


@pytest.mark.parametrize(
    ("choices", "message", "hint"),
    [
        ({}, "no model is named", "ds_cnn_seeded"),
        ({"model": "absent.tflite"}, "there is no model file `", "cfu list models"),
        ({"model": "some/where"}, "there is no model file `", "cfu list models"),
        ({"model": "digit_cnn"}, "there is no model `digit_cnn`", "did you mean `digits_cnn`?"),
        (
            {"model": REMOTE_MODELS[0].name},
            f"the model `{REMOTE_MODELS[0].name}` is not here yet",
            f"`cfu models fetch {REMOTE_MODELS[0].name}`",
        ),
        ({"board": "sin"}, "there is no board `sin`", "did you mean `sim`? `cfu list boards`"),
        ({"cpu": "ful"}, "there is no CPU `ful`", "did you mean `full`? `cfu list cpus`"),
        (
            {"compiler": "zg"},
            "there is no compiler `zg`",
            "did you mean `zig`? compilers: zig, gcc",
        ),
        ({"simulator": "x"}, "there is no simulator `x`", "simulators: verilator, fast, board"),
        (
            {"kernels": "simd_mca"},
            "there is no directory or set of kernels `simd_mca`",
            "did you mean `simd_mac`?",
        ),
        ({"kernels": "portabel"}, "or set of kernels `portabel`", "did you mean `portable`?"),
        ({"kernels": "simd_mac"}, "the kernels `simd_mac` need a CFU", "`--cfu simd_mac`"),
        (
            {"kernels": "simd_mac", "cfu": "mac4"},
            "the kernels `simd_mac` need another CFU than `mac4`",
            "`--cfu simd_mac`",
        ),
        ({"kernels": "empty"}, "holds no .cc file", "conv_2d.cc"),
        ({"kernels": "conv_2d.cc"}, "is a file, and `--kernels` takes the directory", "--kernels"),
        ({"inputs": ("absent.dat",)}, "there is no input file `", "raw tensor"),
    ],
)
def test_what_does_not_exist(
    choices: dict[str, Any], message: str, hint: str, tmp_path: Path
) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "conv_2d.cc").touch()
    if choices and "model" not in choices:
        choices = {"model": "digits_cnn", **choices}
    with pytest.raises(PlaygroundError) as caught:
        _resolve(tmp_path, **choices)
    assert message in caught.value.message
    assert hint in (caught.value.hint or "")
    assert caught.value.exit_code == 1


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ('model = "digit_cnn"', "there is no model `digit_cnn`"),
        ('cfu = "simd_mca"', "there is no CFU `simd_mca`"),
        ('board = "sin"', "there is no board `sin`"),
        ('cpu = "ful"', "there is no CPU `ful`"),
        ('compiler = "zg"', "there is no compiler `zg`"),
        ('simulator = "x"', "there is no simulator `x`"),
        ('kernels = "portabel"', "there is no directory or set of kernels `portabel`"),
        ('input = "absent.dat"', "there is no input file `"),
    ],
)
def test_what_does_not_exist_in_a_project_is_told_by_line(
    line: str, message: str, project: Path, tmp_path: Path
) -> None:
    model = [] if line.startswith("model") else ['model = "net.tflite"']
    (project / "cfu.toml").write_text("\n".join(["# a project", *model, "", line]))
    number = 3 + len(model)
    with pytest.raises(PlaygroundError) as caught:
        project_design(project)
    assert caught.value.message.startswith(f"`{project / 'cfu.toml'}` line {number}: {message}")
    assert caught.value.hint


def test_a_flag_that_is_wrong_is_not_the_project_s_fault(project: Path) -> None:
    with pytest.raises(PlaygroundError) as caught:
        _resolve(project, project=project, board="sin")
    assert caught.value.message == "there is no board `sin`"
