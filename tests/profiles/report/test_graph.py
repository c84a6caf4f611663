from __future__ import annotations

import dataclasses
from xml.etree import ElementTree

from firmware.model import Layer, Model
from profiles.report.graph import graph_picture
from tests.profiles.examples import example_layer, example_profile
from tests.profiles.report.reports import example_report, shipped_model


def _with_detour() -> Model:
    """Return a model in which layer 2 reads what layer 0 made, and layer 1, too."""
    model = shipped_model()
    first, second, third, *_ = model.layers

    def layer(base: Layer, inputs: tuple[int, ...]) -> Layer:
        return dataclasses.replace(base, inputs=inputs)

    layers = (
        layer(first, model.inputs),
        layer(second, first.outputs),
        layer(third, (*second.outputs, *first.outputs)),
    )
    return dataclasses.replace(model, layers=layers, outputs=third.outputs)


def test_layers_with_their_cycles() -> None:
    report = example_report()
    assert report.model is not None
    root = ElementTree.fromstring(graph_picture(report.model, report.subject.profile))
    texts = ["".join(each.itertext()) for each in root.iter("text")]
    assert "0 CONV_2D" in texts
    assert "17,500 · 25.9%" in texts
    assert texts[0] == "input int8 1×8×8×1"
    widths = [
        float(each.attrib["width"]) for each in root.iter("rect") if "cost" in each.attrib["class"]
    ]
    assert widths == sorted(widths, reverse=True)
    assert len(widths) == len(report.model.layers)


def test_what_skips_layers_goes_beside_them() -> None:
    model = _with_detour()
    profile = example_profile(layers=tuple(example_layer(index) for index in range(3)))
    root = ElementTree.fromstring(graph_picture(model, profile))
    lines = [each.attrib["d"] for each in root.iter("path") if each.attrib["class"] == "edge"]
    assert sum("Q" in line for line in lines) == 1
    assert len(lines) == 5  # in, 0 to 1, 1 to 2, 0 to 2, out
