"""The playground as programs and notebooks use it."""

from __future__ import annotations

import builtins
import dataclasses
import inspect
import io
import re
import sys
import types
from pathlib import Path

import pytest
from rich.console import Console

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


def test_what_a_run_is_told_beside_names() -> None:
    design = load_design("digits_cnn", max_cycles=7_000_000, why=True)
    assert (design.max_cycles, design.why) == (7_000_000, True)
    plain = load_design("digits_cnn")
    assert (plain.max_cycles, plain.why) == (None, False)


def test_all_that_decides_a_run_can_be_given_or_is_told_of() -> None:
    given = set(inspect.signature(load_design).parameters) - {"project"}
    fields = {field.name for field in dataclasses.fields(Design)} - {"cfu_directory"}
    text = Path(playground.__file__).parents[1].joinpath("docs", "scripting.md").read_text()
    told = {name for name in fields if f"`{name}`" in text}
    assert given <= fields
    assert fields - given == {"labels", "trace", "port", "fresh"} <= told


class ZMQInteractiveShell:
    """Of Jupyter, by the name that rich looks for."""


@pytest.fixture
def displayed(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """Pretend to be in a notebook, and return what is displayed beside a cell's last value."""
    shown: list[object] = []
    fake = types.ModuleType("IPython.display")
    monkeypatch.setattr(fake, "display", shown.append, raising=False)
    monkeypatch.setitem(sys.modules, "IPython", types.ModuleType("IPython"))
    monkeypatch.setitem(sys.modules, "IPython.display", fake)
    monkeypatch.setattr(builtins, "get_ipython", ZMQInteractiveShell, raising=False)
    return shown


def test_notebooks_show_the_table_once(displayed: list[object]) -> None:
    bundle = example_profile()._repr_mimebundle_(include=None, exclude=None)
    assert displayed == []
    assert set(bundle) == {"text/plain", "text/html"}
    for shown in bundle.values():
        assert "CONV_2D" in shown
        assert "8,620,000" in shown
    assert bundle["text/html"].startswith("<pre style=")
    assert re.search(r"font-family:[^;\"]*monospace", bundle["text/html"])
    assert "<" not in bundle["text/plain"].partition("\n")[0]
    Console(file=io.StringIO()).print("a console that is not told otherwise displays by itself")
    assert len(displayed) == 1
