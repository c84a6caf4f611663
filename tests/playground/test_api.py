"""The playground as programs and notebooks use it."""

from __future__ import annotations

from pathlib import Path

import pytest

import playground
from playground import Design, load_design, run
from playground.commands.new import write_project
from tests.playground.conftest import FakeFlow
from tests.profiles.examples import MISMATCH, example_layer, example_profile
from toolchain import PlaygroundError


def test_a_model_by_name_runs_for_real() -> None:
    design = load_design("digits_cnn", cfu="mac4")
    assert isinstance(design, Design)
    profile = run(design)
    assert profile.model.name == "digits_cnn"
    assert profile.cfu.name == "mac4"
    assert profile.total_cycles > 0


def test_a_project_and_what_differs_from_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = tmp_path / "mine"
    write_project(project)
    named = load_design(project=project, cpu="slim")
    assert (named.cfu, named.cfu_directory, named.cpu) == ("my_cfu.py:MyCfu", project, "slim")
    monkeypatch.chdir(project)
    assert load_design(cpu="slim") == named
    assert load_design().cpu == "full"


def test_names_that_are_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(PlaygroundError, match="no model is named"):
        load_design()
    with pytest.raises(PlaygroundError, match="simd_mak"):
        load_design("digits_cnn", cfu="simd_mak")
    with pytest.raises(AttributeError, match="no attribute 'draw'"):
        playground.draw  # noqa: B018 - the attribute is what is tested


def test_wrong_layers_are_refused_unless_allowed(
    flow: FakeFlow, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("playground.api.run_design", flow)
    wrong = example_profile(layers=(example_layer(0, bit_exact=False, mismatch=MISMATCH),))
    flow.change = lambda _: wrong
    design = Design(model=Path("net.tflite"))
    assert run(design, allow_mismatch=True) is wrong
    with pytest.raises(PlaygroundError, match="conv/Relu"):
        run(design)


def test_notebooks_show_the_table() -> None:
    shown = example_profile()._repr_html_()
    assert shown.startswith("<pre>")
    assert "CONV_2D" in shown
    assert "8,620,000" in shown
