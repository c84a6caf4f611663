from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from playground.both import SimulatorsDiffer
from playground.design import Trace
from profiles import Profile, Simulator, load_profile
from tests.playground.conftest import FakeFlow, Ran
from tests.profiles.examples import MISMATCH, example_layer, example_split

Cfu = Callable[..., Ran]


def _wrong(profile: Profile) -> Profile:
    wrong = example_layer(0, bit_exact=False, mismatch=MISMATCH)
    return profile.model_copy(update={"layers": (wrong, *profile.layers[1:])})


def test_the_table_is_data_and_progress_is_not(cfu: Cfu, flow: FakeFlow) -> None:
    ran = cfu("run", "digits_cnn")
    assert ran.code == 0
    assert "8,620,000" in ran.out
    assert "cycles: rtl" in ran.out
    assert "memory: text 20,000" in ran.out
    assert ran.err == "simulating `digits_cnn`\n"
    assert "\x1b" not in ran.out + ran.err


def test_json_is_the_profile(cfu: Cfu, flow: FakeFlow) -> None:
    ran = cfu("run", "digits_cnn", "--json")
    assert Profile.model_validate(json.loads(ran.out)).total_cycles == 8_700_000


def test_saving_a_profile(cfu: Cfu, flow: FakeFlow) -> None:
    assert cfu("run", "digits_cnn", "--save", "a.json").code == 0
    assert load_profile(Path("a.json")).total_cycles == 8_700_000


def test_flags_reach_the_flow(cfu: Cfu, flow: FakeFlow) -> None:
    for name in ("net.tflite", "x.dat", "y.dat", "conv_2d.cc"):
        Path(name).touch()
    ran = cfu(
        *("run", "net.tflite", "--input", "x.dat", "-i", "y.dat", "--label", "1", "--label", "2"),
        *("--cfu", "my.py:My", "--kernels", ".", "--board", "sim", "--cpu", "full"),
        *("--compiler", "gcc", "--trace", "t.fst", "--trace-layers", "0-1", "--max-cycles", "99"),
    )
    assert ran.code == 0, ran.err
    here = Path.cwd()
    (design,) = flow.designs
    assert design.model == here / "net.tflite"
    assert design.inputs == (here / "x.dat", here / "y.dat")
    assert design.labels == (1, 2)
    assert (design.cfu, design.cfu_directory, design.kernels) == ("my.py:My", here, here)
    assert (design.board, design.cpu, design.compiler) == ("sim", "full", "gcc")
    assert design.trace == Trace(here / "t.fst", frozenset({0, 1}))
    assert design.max_cycles == 99


def test_in_a_project_nothing_need_be_said(cfu: Cfu, flow: FakeFlow) -> None:
    Path("net.tflite").touch()
    Path("cfu.toml").write_text('model = "net.tflite"\n')
    Path("inner").mkdir()
    assert cfu("run").code == 0
    assert flow.designs[0].model == Path.cwd() / "net.tflite"


def test_a_wrong_result_is_an_error(cfu: Cfu, flow: FakeFlow) -> None:
    flow.change = _wrong
    ran = cfu("run", "digits_cnn", "--save", "a.json")
    assert ran.code == 1
    assert ran.out == ""
    assert "tensor `conv/Relu` at [0, 3, 1, 2] is 12 instead of -7, 40 of 8,000" in ran.err
    assert "hint: `cfu run --allow-mismatch`" in ran.err
    assert not Path("a.json").exists()


def test_a_wrong_result_can_be_looked_at(cfu: Cfu, flow: FakeFlow) -> None:
    flow.change = _wrong
    ran = cfu("run", "digits_cnn", "--allow-mismatch")
    assert ran.code == 0
    assert "1 WRONG" in ran.out
    assert "WRONG: layer 0 CONV_2D run by `reference`" in ran.out


def test_layers_to_trace_need_a_trace(cfu: Cfu, flow: FakeFlow) -> None:
    ran = cfu("run", "digits_cnn", "--trace-layers", "3")
    assert ran.code == 1
    assert ran.err.startswith("error: `--trace-layers` without `--trace`")
    assert flow.designs == []


@pytest.mark.parametrize("name", ["verilator", "fast"])
def test_the_simulator_that_is_named(cfu: Cfu, flow: FakeFlow, name: str) -> None:
    assert cfu("run", "digits_cnn", "--simulator", name).code == 0
    assert flow.designs[0].simulator == name


def test_no_simulator_need_be_named(cfu: Cfu, flow: FakeFlow) -> None:
    assert cfu("run", "digits_cnn").code == 0
    assert flow.designs[0].simulator is None


def test_both_simulators(cfu: Cfu, flow: FakeFlow, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("playground.both.run_both", flow)
    confirmed = Simulator(name="fast", version="12345678")
    flow.change = lambda profile: profile.model_copy(update={"confirmed_by": confirmed})
    ran = cfu("run", "digits_cnn", "--both", "--save", "a.json")
    assert ran.code == 0, ran.err
    assert "fast and RTL agree: 2 layers, 0 cycles apart" in ran.out
    assert load_profile(Path("a.json")).confirmed_by == confirmed


def test_simulators_that_differ_are_our_fault(
    cfu: Cfu, flow: FakeFlow, monkeypatch: pytest.MonkeyPatch
) -> None:
    def differ(*_: object, **__: object) -> Profile:
        raise SimulatorsDiffer("they differ", hint="report it", details="layer 3: cycles")

    monkeypatch.setattr("playground.both.run_both", differ)
    ran = cfu("run", "digits_cnn", "--both")
    assert (ran.code, ran.out) == (70, "")
    assert ran.err == "layer 3: cycles\n\nerror: they differ\n\nhint: report it\n"


@pytest.mark.parametrize("flags", [("--simulator", "fast"), ("--trace", "t.fst")])
def test_both_leave_no_choice(cfu: Cfu, flow: FakeFlow, flags: tuple[str, str]) -> None:
    ran = cfu("run", "digits_cnn", "--both", *flags)
    assert ran.code == 1
    assert ran.err.startswith(f"error: `{flags[0]}` with `--both`, which runs two simulators")
    assert flow.designs == []


def test_nothing_to_run(cfu: Cfu, flow: FakeFlow) -> None:
    ran = cfu("run")
    assert ran.code == 1
    assert ran.err.startswith("error: no model is named\n\nhint: ")


def _as_many_layers(profile: Profile) -> Profile:
    """Give the profile as many layers as `digits_cnn` has."""
    first, *rest = profile.layers
    others = (example_layer(i, operator="SOFTMAX", macs=0, cycles=1_000) for i in range(2, 6))
    layers = (first.model_copy(update={"kernel": "conv_2d.cc"}), *rest, *others)
    return profile.model_copy(
        update={"layers": layers, "total_cycles": sum(layer.cycles for layer in layers)}
    )


def test_advice_follows_the_table(cfu: Cfu, flow: FakeFlow) -> None:
    flow.change = _as_many_layers
    ran = cfu("run", "digits_cnn", "--cfu", "simd_mac", "--advise", "--report", "a.html")
    assert ran.code == 0, ran.err
    assert "advice · what bounds each layer" in ran.out
    assert "CONV_2D: 91.1% of the cycles in 1 layer; without them 11.26×" in ran.out
    assert "peak: 4 MACs a cycle" in ran.out
    assert Path("a.html").read_text().startswith("<!DOCTYPE html>")


def test_advice_is_in_the_json(cfu: Cfu, flow: FakeFlow) -> None:
    flow.change = _as_many_layers
    ran = cfu("run", "digits_cnn", "--advise", "--json")
    layers = json.loads(ran.out)["advice"]["layers"]
    assert [layer["bound"] for layer in layers] == ["overhead"] * 6


def test_a_report_of_one_run(cfu: Cfu, flow: FakeFlow) -> None:
    flow.change = _as_many_layers
    ran = cfu("run", "digits_cnn", "--report", "a.html")
    assert ran.code == 0, ran.err
    assert re.search(r"^wrote `a.html`, [0-9]+ kB: any browser opens it$", ran.err, re.MULTILINE)
    assert "advice" not in ran.out
    text = Path("a.html").read_text()
    assert '<section id="bounds">' in text
    assert "<pre>cfu run digits_cnn --cfu none --kernels none" in text


def test_a_report_needs_a_place(cfu: Cfu, flow: FakeFlow) -> None:
    ran = cfu("run", "digits_cnn", "--report", "absent/a.html")
    assert ran.code == 1
    assert ran.err.startswith("error: cannot write `absent/a.html`: there is no directory")
    assert flow.designs == []


def _explained(profile: Profile) -> Profile:
    split = example_split()
    layers = (layer.model_copy(update={"split": split}) for layer in profile.layers)
    return profile.model_copy(update={"layers": tuple(layers)})


def test_why(cfu: Cfu, flow: FakeFlow) -> None:
    flow.change = _explained
    ran = cfu("run", "digits_cnn", "--why")
    assert ran.code == 0, ran.err
    assert [design.why for design in flow.designs] == [True]
    assert "why · what each layer's cycles went to" in ran.out
    assert "…ConvPerChannel" in ran.out
    assert "why" not in cfu("run", "digits_cnn").out


def test_why_as_json(cfu: Cfu, flow: FakeFlow) -> None:
    flow.change = _explained
    content = json.loads(cfu("run", "digits_cnn", "--why", "--json").out)
    assert content["layers"][0]["split"]["cycles"]["data_miss"] == 300_000
    assert content["layers"][0]["split"]["cfu"]["mac"] == 1_024
