"""What the Trace Event Format asks for, and what is to be seen in Perfetto."""

from __future__ import annotations

import json
from typing import Any

from profiles.trace_events import trace_events
from tests.profiles.examples import example_profile
from tests.profiles.timelines import example_timeline

_CFU = {0: "reset", 9: "mac"}
_Event = dict[str, Any]


def _events(phase: str, category: str | None = None) -> list[_Event]:
    content = trace_events(example_profile(), example_timeline(), _CFU)
    return [
        event
        for event in content["traceEvents"]
        if event["ph"] == phase and event.get("cat") == category
    ]


def test_it_is_json_with_what_each_event_needs() -> None:
    content = json.loads(json.dumps(trace_events(example_profile(), example_timeline(), _CFU)))
    assert content["displayTimeUnit"] in ("ms", "ns")
    for event in content["traceEvents"]:
        assert {"ph", "pid", "name"} <= set(event)
        assert event["ph"] in "XCM"
        assert isinstance(event["args"], dict)
        if event["ph"] == "X":
            assert isinstance(event["tid"], int)
            assert event["dur"] > 0
        if event["ph"] != "M":
            assert event["ts"] >= 0


def test_slices_of_a_thread_are_nested_and_outer_ones_come_first() -> None:
    for category in ("layers", "functions", "CFU"):
        ends: list[int] = []
        last = 0
        for event in _events("X", category):
            begin, end = event["ts"], event["ts"] + event["dur"]
            assert begin >= last
            while ends and ends[-1] <= begin:
                ends.pop()
            assert not ends or end <= ends[-1]
            ends.append(end)
            last = begin


def test_layers_begin_at_zero() -> None:
    first, second = _events("X", "layers")
    assert (first["name"], first["ts"], first["dur"]) == ("0 CONV_2D", 0, 500)
    assert (second["name"], second["ts"]) == ("1 SOFTMAX", 1000)
    assert first["args"]["MACs"] == 512_000


def test_functions_are_those_below_what_runs_layers() -> None:
    names = [event["name"] for event in _events("X", "functions")]
    assert names == ["RunLayer", "conv_2d", "memcpy ×9, f ×2", "RunLayer", "(in no function)"]
    burst = _events("X", "functions")[2]
    assert burst["args"] == {"memcpy": "9 calls, 120 cycles", "f": "2 calls, 9 cycles"}


def test_the_cfu_s_commands_are_named() -> None:
    first, second = _events("X", "CFU")
    assert first["name"] == "mac ×50, reset ×40 and 1 more"
    assert first["args"] == {
        "busy cycles": 80,
        "mac": 50,
        "reset": 40,
        "funct7 127, funct3 7": 1,
    }
    assert (second["name"], second["dur"]) == ("mac ×1", 1)


def test_what_cycles_go_to_over_time() -> None:
    first, second = _events("C")
    assert first["args"] == {"issued": 80.0, "data_miss": 19.8}
    assert second["args"] == {"issued": 100.0, "data_miss": 0.0}


def test_threads_have_names() -> None:
    named = [event["args"] for event in _events("M") if event["name"] == "thread_name"]
    assert named == [{"name": "layers"}, {"name": "functions"}, {"name": "CFU"}]


def test_nothing_is_no_error() -> None:
    empty = example_timeline(layers=[], slices=[], bursts=[], cfu=[], windows=[])
    assert trace_events(example_profile(), empty, {})["traceEvents"]
