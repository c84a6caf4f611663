"""What speedscope asks of its files, and that no cycle is lost."""

from __future__ import annotations

import json

from profiles.flame_graph import folded_stacks, speedscope
from tests.profiles.examples import example_profile
from tests.profiles.timelines import example_timeline


def test_folded_stacks() -> None:
    assert folded_stacks(example_profile(), example_timeline()).splitlines() == [
        "0 CONV_2D 10",
        "0 CONV_2D;RunLayer 20",
        "0 CONV_2D;RunLayer;conv_2d 300",
        "0 CONV_2D;RunLayer;conv_2d;[waits: CFU] 50",
        "0 CONV_2D;RunLayer;conv_2d;memcpy 90",
        "0 CONV_2D;RunLayer;conv_2d;memcpy;[waits: data miss] 30",
        "1 SOFTMAX;RunLayer;(in no function);[waits: other] 100",
    ]


def test_a_file_has_what_speedscope_needs() -> None:
    content = json.loads(json.dumps(speedscope(example_profile(), example_timeline())))
    assert content["$schema"] == "https://www.speedscope.app/file-format-schema.json"
    frames = content["shared"]["frames"]
    assert all(set(frame) == {"name"} for frame in frames)
    assert len({frame["name"] for frame in frames}) == len(frames)
    for profile in content["profiles"]:
        assert profile["type"] in ("sampled", "evented")
        assert profile["unit"] == "none"
        assert profile["name"]
        assert profile["startValue"] == 0


def test_the_flame_graph_has_every_cycle() -> None:
    content = speedscope(example_profile(), example_timeline())
    flame = content["profiles"][0]
    assert flame["type"] == "sampled"
    assert len(flame["samples"]) == len(flame["weights"])
    assert sum(flame["weights"]) == flame["endValue"] == 600
    frames = content["shared"]["frames"]
    assert all(0 <= frame < len(frames) for sample in flame["samples"] for frame in sample)
    assert [frames[frame]["name"] for frame in flame["samples"][2]] == [
        "0 CONV_2D",
        "RunLayer",
        "conv_2d",
    ]


def test_the_time_line_opens_and_closes_frames_properly() -> None:
    content = speedscope(example_profile(), example_timeline())
    line = content["profiles"][1]
    assert line["type"] == "evented"
    opened: list[int] = []
    last = 0
    deepest = 0
    for event in line["events"]:
        assert event["at"] >= last
        last = event["at"]
        if event["type"] == "O":
            opened.append(event["frame"])
        else:
            assert event["type"] == "C"
            assert opened.pop() == event["frame"]
        deepest = max(deepest, len(opened))
    assert not opened
    assert deepest == 3
    assert line["endValue"] == last == 1100


def test_nothing_is_no_error() -> None:
    empty = example_timeline(layers=[], slices=[])
    assert folded_stacks(example_profile(), empty) == ""
    assert speedscope(example_profile(), empty)["profiles"][1]["events"] == []
