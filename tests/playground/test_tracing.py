"""From a design to a trace of it."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from playground.design import Design
from playground.flow import run_design
from playground.progress import Silent
from playground.resolve import Choices, resolve
from playground.tracing import Traced, format_of, trace_design, write_trace
from toolchain import ArtifactCache, PlaygroundError


def _design(**choices: object) -> Design:
    choices = {"model": "digits_cnn", "cfu": "simd_mac"} | choices
    return resolve(Choices(directory=Path(), **choices), project=None)  # type: ignore[arg-type]


def _trace(design: Design, layers: frozenset[int] = frozenset()) -> Traced:
    return trace_design(design, layers=layers, cache=ArtifactCache.default(), progress=Silent())


@pytest.fixture(scope="module")
def traced() -> Traced:
    return _trace(_design())


def test_it_is_the_run_that_cfu_run_shows(traced: Traced) -> None:
    why = run_design(replace(_design(), why=True), cache=ArtifactCache.default(), progress=Silent())
    assert [layer.cycles for layer in traced.profile.layers] == [x.cycles for x in why.layers]
    for layer, explained in zip(traced.timeline.layers, why.layers, strict=True):
        assert explained.split is not None
        for cause, cycles in explained.split.cycles.items():
            assert sum(each.cycles.get(cause, 0) for each in layer.nodes.values()) == cycles


def test_the_cfu_s_commands_are_those_that_why_counts(traced: Traced) -> None:
    why = run_design(replace(_design(), why=True), cache=ArtifactCache.default(), progress=Silent())
    counted: dict[str, int] = {}
    for burst in traced.timeline.cfu:
        for function, count in burst.commands.items():
            counted[traced.cfu[function]] = counted.get(traced.cfu[function], 0) + count
    expected: dict[str, int] = {}
    for layer in why.layers:
        assert layer.split is not None
        for name, count in layer.split.cfu.items():
            expected[name] = expected.get(name, 0) + count
    assert counted == expected


def test_names_of_functions_are_demangled(traced: Traced) -> None:
    names = {node.function for node in traced.timeline.nodes.values()}
    assert {"playground::conv_2d", "gemmlowp::exp_on_negative_values"} <= names
    assert not any(name.startswith("_Z") for name in names)


def test_some_layers_are_traced_in_more_detail(traced: Traced) -> None:
    some = _trace(_design(), frozenset({3, 5}))
    assert [layer.index for layer in some.timeline.layers] == [3, 5]
    assert some.resolution <= traced.resolution


def test_a_layer_that_is_not_there() -> None:
    with pytest.raises(PlaygroundError, match="there is no layer 9 to trace, `digits_cnn` has 6"):
        _trace(_design(), frozenset({1, 9}))


def test_a_board_that_the_fast_simulator_is_not_for() -> None:
    with pytest.raises(PlaygroundError, match="board `arty_a7_35` has DRAM") as caught:
        _trace(_design(board="arty_a7_35"))
    assert "--ideal-memory" in (caught.value.hint or "")


@pytest.mark.parametrize(
    ("name", "trace_format"),
    [
        ("a.json", "perfetto"),
        ("a.speedscope.json", "speedscope"),
        ("a.folded", "folded"),
        ("a.txt", "folded"),
        ("a", "perfetto"),
    ],
)
def test_the_format_that_a_name_suggests(name: str, trace_format: str) -> None:
    assert format_of(Path("speedscope", name)) == trace_format


def test_files_of_each_format(traced: Traced, tmp_path: Path) -> None:
    for trace_format in ("perfetto", "speedscope", "folded"):
        write_trace(traced, tmp_path / trace_format, trace_format)
    events = json.loads((tmp_path / "perfetto").read_text())["traceEvents"]
    assert {event["name"] for event in events} >= {"0 CONV_2D", "playground::conv_2d"}
    flame = json.loads((tmp_path / "speedscope").read_text())["profiles"][0]
    lines = (tmp_path / "folded").read_text().splitlines()
    cycles = sum(layer.end - layer.begin for layer in traced.timeline.layers)
    assert flame["endValue"] == sum(int(line.rpartition(" ")[2]) for line in lines) == cycles


def test_a_file_that_cannot_be_written(traced: Traced, tmp_path: Path) -> None:
    with pytest.raises(PlaygroundError, match="cannot write the trace"):
        write_trace(traced, tmp_path / "absent/a.json", "perfetto")
