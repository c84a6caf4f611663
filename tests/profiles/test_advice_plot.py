from __future__ import annotations

import re
from xml.etree import ElementTree

from profiles.advice import Advice, Engine, advise
from profiles.advice_plot import COLOURS, gain_plot, roofline_plot
from tests.profiles.examples import example_layer, example_profile

_SVG = "{http://www.w3.org/2000/svg}"


def _advice() -> Advice:
    layers = (
        example_layer(0, cycles=20_000, instructions=2_000, kernel="conv_2d.cc"),
        example_layer(1, cycles=21_000, instructions=2_000, kernel="conv_2d.cc"),
        example_layer(2, operator="<SOFTMAX>", macs=0, cycles=6_000, instructions=3_840),
    )
    engine = Engine("array", 32, requantizes=True)
    return advise(example_profile(layers=layers), engine, bytes_of=[20_000, 21_000, 24])


def _texts(svg: str) -> list[str]:
    return ["".join(each.itertext()) for each in ElementTree.fromstring(svg).iter(f"{_SVG}text")]


def test_layers_in_one_place_share_a_label() -> None:
    texts = _texts(roofline_plot(_advice()))
    assert "0, 1" in texts
    assert "peak 32 MACs/cycle" in texts
    assert "<SOFTMAX>" not in texts  # it has no multiply-accumulates


def test_each_layer_has_a_bar_and_its_gain() -> None:
    texts = _texts(gain_plot(_advice()))
    assert {"0 CONV_2D", "1 CONV_2D", "2 <SOFTMAX>"} <= set(texts)
    assert {"at most 1.74×", "at most 1.81×", "at most 1.15×"} <= set(texts)


def test_a_model_without_multiplications_has_an_empty_roofline() -> None:
    layer = example_layer(macs=0, operator="SOFTMAX")
    advice = advise(example_profile(layers=(layer,)), Engine(), bytes_of=[1])
    assert "MACs per cycle" in _texts(roofline_plot(advice))


def test_colours_are_variables_and_nothing_else() -> None:
    for svg in (gain_plot(_advice()), roofline_plot(_advice())):
        assert set(re.findall(r"var\(--(\w+)\)", svg)) <= set(COLOURS)
        assert not re.findall(r"#0000[0-9a-f]{2}", svg)
