from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from sim.cycle_split import Cause, Event, layer_splits
from tests.sim.bench import Bench, relu_model

_HEADER = Path(__file__).parents[2] / "sim/harness/causes.h"
_VALUES = np.array([[-4, 3, -2, 1, 0, 127, -128, 5]], np.int8)


@pytest.mark.parametrize("enumeration", [Cause, Event])
def test_causes_and_events_are_those_of_the_simulators(
    enumeration: type[Cause] | type[Event],
) -> None:
    text = re.search(
        rf"enum class {enumeration.__name__} : uint8_t {{(.*?)\n}};", _HEADER.read_text(), re.S
    )
    assert text is not None
    names = re.findall(r"^  k(\w+),", text[1], re.MULTILINE)
    assert ["".join(map(str.title, each.name.split("_"))) for each in enumeration] == names


def test_a_file_of_two_layers(bench: Bench) -> None:
    elf = bench.image(relu_model()).elf
    main = elf.symbols["main"]
    ones, twos = (" ".join([str(value)] * len(Cause)) for value in (1, 2))
    first, second = layer_splits(
        [
            "layer 4\n",
            f"causes {twos}\n",
            "events 1 2 3 4 5 6\n",
            "cfu 9 3\n",
            f"pc {main} {ones}\n",
            f"pc {main + 4} {ones}\n",
            f"pc 0 {twos}\n",
            "layer 5\n",
            f"causes {ones}\n",
            "events 0 0 0 0 0 0\n",
        ],
        elf,
    )
    assert first.cycles == dict.fromkeys(Cause, 2)
    assert first.events == dict(zip(Event, range(1, 7), strict=True))
    assert first.cfu == {9: 3}
    assert first.functions == {"main": dict.fromkeys(Cause, 2), "": dict.fromkeys(Cause, 2)}
    assert (second.cfu, second.functions) == ({}, {})


def test_splits_are_each_inference_s_own(bench: Bench) -> None:
    quiet, zeros = (np.full((1, 8), value, np.int8) for value in (1, 0))
    for simulator in ("fast", "verilator"):
        run = replace(bench, simulator=simulator).run(relu_model(3), [quiet], [zeros], why=True)
        for inference in run.inferences:
            assert inference.splits is not None
            assert len(inference.splits) == len(inference.layers)
            for split, layer in zip(inference.splits, inference.layers, strict=True):
                assert layer.cycles < sum(split.cycles.values()) < layer.cycles + 100
                assert split.cycles[Cause.ISSUED] >= layer.instructions


def test_both_simulators_tell_the_same(bench: Bench) -> None:
    fast, rtl = (
        replace(bench, simulator=name).run(relu_model(3), [_VALUES], why=True)
        for name in ("fast", "verilator")
    )
    for one, other in zip(
        fast.inferences[0].splits or (), rtl.inferences[0].splits or (), strict=True
    ):
        assert (one.cycles, one.events, one.cfu) == (other.cycles, other.events, other.cfu)
