"""The plots of a report: what is written in them, and what they say to the pointer."""

from __future__ import annotations

import dataclasses
from xml.etree import ElementTree

from profiles import compare
from profiles.advice import Advice, Engine, advise
from profiles.report.area_plot import area_plot
from profiles.report.causes_plot import layer_causes_plot, run_causes_plot
from profiles.report.gain_plot import amdahl_plot, gain_plot
from profiles.report.ladder_plot import ladder_plot
from profiles.report.layers_plot import layers_plot
from profiles.report.roofline_plot import roofline_plot
from tests.profiles.examples import example_layer, example_profile, example_split
from tests.profiles.report.reports import example_steps
from tests.soc.synthesis.examples import example_report


def _texts(svg: str | None) -> list[str]:
    assert svg is not None
    return ["".join(each.itertext()) for each in ElementTree.fromstring(svg).iter("text")]


def _hovers(svg: str | None) -> list[str]:
    assert svg is not None
    return [str(each.text) for each in ElementTree.fromstring(svg).iter("title")][1:]


def _advice() -> Advice:
    layers = (
        example_layer(0, cycles=20_000, instructions=2_000, kernel="conv_2d.cc"),
        example_layer(1, cycles=21_000, instructions=2_000, kernel="conv_2d.cc"),
        example_layer(2, operator="<SOFTMAX>", macs=0, cycles=6_000, instructions=3_840),
    )
    engine = Engine("array", 32, requantizes=True)
    return advise(example_profile(layers=layers), engine, bytes_of=[20_000, 21_000, 24])


def test_layers_of_one_run_have_their_share() -> None:
    svg = layers_plot([example_profile()])
    assert {"0 CONV_2D", "1 SOFTMAX", "99.1%", "0.9%"} <= set(_texts(svg))


def test_layers_of_several_runs_have_the_speedup_of_the_last() -> None:
    layers = (example_layer(0, cycles=862_000), example_layer(1, cycles=40_000))
    base = (example_layer(0), example_layer(1, cycles=80_000))
    profiles = [example_profile(layers=base), example_profile(layers=layers)]
    svg = layers_plot(profiles, compare(*profiles))
    assert {"10.00×", "2.00×"} <= set(_texts(svg))
    assert "layer 0 CONV_2D, #1 baseline: 862,000 cycles, kernel reference" in _hovers(svg)


def test_a_wrong_layer_has_no_speedup() -> None:
    wrong = (example_layer(0, bit_exact=None),)
    profiles = [example_profile(layers=(example_layer(0),)), example_profile(layers=wrong)]
    assert not any("×" in text for text in _texts(layers_plot(profiles, compare(*profiles))))


def test_causes_of_layers_and_of_runs() -> None:
    layer = example_layer(0, split=example_split())
    assert layer.split is not None
    svg = layer_causes_plot([(layer, layer.split)])
    assert {"0 CONV_2D", "issued", "data miss", "branch", "CFU wait"} <= set(_texts(svg))
    assert "load-use" not in _texts(svg)
    assert "0 CONV_2D: data miss 300,000 cycles, 30.0%" in _hovers(svg)
    unknown = example_profile()
    svg = run_causes_plot([unknown, example_profile(layers=(layer,))])
    assert "#1 baseline" in _texts(svg)
    assert "#0 baseline" not in _texts(svg)


def test_gain_of_each_layer() -> None:
    svg = gain_plot(_advice())
    assert {"0 CONV_2D", "1 CONV_2D", "2 <SOFTMAX>"} <= set(_texts(svg))
    assert {"at most 1.74×", "at most 1.81×", "at most 1.15×"} <= set(_texts(svg))


def test_amdahls_law_for_each_operator() -> None:
    assert {"CONV_2D, 87.2%", "<SOFTMAX>, 12.8%"} <= set(_texts(amdahl_plot(_advice())))


def test_layers_in_one_place_below_the_roof_share_a_label() -> None:
    texts = _texts(roofline_plot(_advice()))
    assert "0, 1" in texts
    assert "peak 32 MACs/cycle" in texts
    assert "<SOFTMAX>" not in texts  # it has no multiply-accumulates


def test_a_model_without_multiplications_has_an_empty_roofline() -> None:
    layer = example_layer(macs=0, operator="SOFTMAX")
    advice = advise(example_profile(layers=(layer,)), Engine(), bytes_of=[1])
    assert "MACs per cycle" in _texts(roofline_plot(advice))


def test_the_ladder_names_each_new_design_once() -> None:
    svg = ladder_plot(example_steps())
    assert _texts(svg).count("dot4") == 1
    assert "run 2 dot4: 90 cycles (fast), NOT bit-exact, 2026-11-21 12:02 UTC" in _hovers(svg)
    near = [dataclasses.replace(step, cycles=100 + step.number) for step in example_steps()]
    assert "baseline" in _texts(ladder_plot(near))


def test_area_as_shares_of_the_device() -> None:
    report = example_report()
    resource = next(each for each in report.resources if each.available)
    svg = area_plot(report)
    assert f"{resource.used:,} of {resource.available:,}" in _texts(svg)
    counts = f"CFU {resource.split.cfu:,} of {resource.available:,}"
    assert f"{resource.cell}: {counts}" in _hovers(svg)
    unknown = [each.model_copy(update={"available": None}) for each in report.resources]
    assert area_plot(report.model_copy(update={"resources": tuple(unknown)})) is None
