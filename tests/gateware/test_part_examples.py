"""Finding parts, and the Verilog they are synthesized from."""

from __future__ import annotations

import inspect
from pathlib import Path

import pytest
from amaranth.lib import wiring

import gateware.parts
from gateware.part_examples import PartExample, part_examples
from gateware.part_export import part_artifact
from gateware.parts.average_pool import AveragePool
from gateware.parts.dot_product import DotProduct
from gateware.parts.requantizer import Requantizer

_EXAMPLES = part_examples()


def test_every_part_with_examples_is_found() -> None:
    (folder,) = map(Path, gateware.parts.__path__)
    listing = {path.stem for path in folder.glob("*.py") if "EXAMPLES = " in path.read_text()}
    assert {example.module for example in _EXAMPLES} == listing
    assert "dot_product" in listing


def test_titles_tell_them_apart() -> None:
    titles = [example.title for example in _EXAMPLES]
    assert len(set(titles)) == len(titles)
    assert PartExample(Requantizer).title == "Requantizer"
    assert PartExample(AveragePool, lanes=4, window=9).title == "AveragePool(lanes=4, window=9)"


@pytest.mark.parametrize("example", _EXAMPLES, ids=lambda example: example.title)
def test_a_part_can_be_made_and_says_what_it_is(example: PartExample) -> None:
    assert isinstance(example.make(), wiring.Component)
    assert len(example.summary) > 20
    assert set(dict(example.settings)) <= set(inspect.signature(example.component).parameters)


def test_ports_are_the_members_with_clock_and_reset() -> None:
    artifact, ports = part_artifact(PartExample(DotProduct, lanes=8))
    assert ports == {
        "clk": ("input", 1),
        "rst": ("input", 1),
        "valid": ("input", 1),
        "inputs": ("input", 64),
        "filters": ("input", 64),
        "input_offset": ("input", 9),
        "output_valid": ("output", 1),
        "output": ("output", 19),
    }
    assert artifact.verilog.startswith("module Cfu(")
    assert artifact.spec.name == "DotProduct(lanes=8)"


def test_ports_of_streams() -> None:
    artifact, ports = part_artifact(PartExample(AveragePool, lanes=2, window=9))
    assert ports["input__payload"] == ("input", 17)
    assert ports["input__ready"] == ("output", 1)
    assert ports["output__valid"] == ("output", 1)
    for name in ports:
        assert name in artifact.verilog


def test_sizes_decide_the_verilog() -> None:
    digests = {part_artifact(PartExample(DotProduct, lanes=n))[0].digest for n in (4, 4, 8)}
    assert len(digests) == 2
