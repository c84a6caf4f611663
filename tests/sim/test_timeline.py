"""Calls as the fast simulator follows them, with kernels that call in every way."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from sim.cycle_split import Cause
from sim.simulator import RunResult
from sim.timeline import Timeline, TimelineRequest, read_timeline
from tests.sim.bench import RELU_KERNEL, Bench, relu_model
from toolchain import PlaygroundError

_VALUES = np.array([[-4, 3, -2, 1, 0, 127, -128, 5]], np.int8)
_FUNCTIONS = """
[[gnu::noinline]] static int Leaf(int x) { asm volatile(""); return x * 3; }
[[gnu::noinline]] static int Tail(int x) { asm volatile(""); return Leaf(x + 1); }
[[gnu::noinline]] static int Deep(int n) { return n == 0 ? 1 : Deep(n - 1) + Leaf(n); }
[[gnu::noinline]] static int Apply(int (*f)(int), int x) { return f(x) + 1; }
[[gnu::noinline]] static int Slow(int n) {
  volatile int sum = 0;
  for (int i = 0; i < n; ++i) sum = sum + i;
  return sum;
}
"""
_BODY = """static int (*volatile pointer)(int) = Leaf;
  int sum = Tail(1) + Deep(3) + Apply(pointer, 2) + Slow(2000);
  for (int i = 0; i < 100; ++i) sum += Leaf(i);
  Print(sum);
  return false;"""


@pytest.fixture(scope="module")
def calls(bench: Bench, tmp_path_factory: pytest.TempPathFactory) -> Bench:
    """A bench whose kernel calls in every way."""
    text = RELU_KERNEL.format(body=_BODY)
    kernel = text.replace("namespace playground {", _FUNCTIONS + "namespace playground {", 1)
    return replace(bench, simulator="fast").with_kernel(
        tmp_path_factory.mktemp("kernels"), "relu", kernel
    )


def _followed(
    bench: Bench, *, resolution: int = 1, layers: frozenset[int] = frozenset(), why: bool = False
) -> tuple[RunResult, Timeline]:
    result = bench.run(
        relu_model(2), [_VALUES], timeline=TimelineRequest(resolution, layers), why=why
    )
    assert result.timeline is not None
    return result, result.timeline


def _paths(timeline: Timeline) -> dict[tuple[str, ...], int]:
    """Return how often each way to call a function was taken in the first layer."""
    root = len(timeline.path(timeline.root))
    return {
        tuple(timeline.nodes[each].function for each in timeline.path(node)[root:]): spent.calls
        for node, spent in timeline.layers[0].nodes.items()
    }


def _spans(timeline: Timeline) -> Iterator[tuple[int, int, int]]:
    for part in timeline.slices:
        yield part.begin, -part.end, len(timeline.path(part.node))
    for burst in timeline.bursts:
        yield burst.begin, -burst.end, len(timeline.path(burst.node)) + 1


def test_calls_are_told_by_the_way_they_are_reached(calls: Bench) -> None:
    paths = _paths(_followed(calls)[1])
    relu = ("playground::RunLayer", "playground::relu")
    assert paths[relu] == 1
    assert paths[*relu, "Tail"] == 1
    # 100 by themselves, and one as the last deed of Tail, which takes over its frame.
    assert paths[*relu, "Leaf"] == 101
    assert paths[*relu, "Apply", "Leaf"] == 1
    assert [paths[*relu, *["Deep"] * depth] for depth in (1, 2, 3, 4)] == [1, 1, 1, 1]
    assert [paths[*relu, *["Deep"] * depth, "Leaf"] for depth in (1, 2, 3)] == [1, 1, 1]
    assert (*relu, *["Deep"] * 4, "Leaf") not in paths
    # The kernel declined, and the reference was called by the same function.
    assert paths["playground::RunLayer", "playground::reference::relu"] == 1


def test_every_cycle_belongs_to_somebody(calls: Bench) -> None:
    result, timeline = _followed(calls, why=True)
    splits = result.inferences[0].splits
    assert splits is not None
    assert [layer.index for layer in timeline.layers] == [0, 1]
    for layer, split in zip(timeline.layers, splits, strict=True):
        by_cause = {
            cause: sum(spent.cycles.get(cause, 0) for spent in layer.nodes.values())
            for cause in Cause
        }
        assert by_cause == split.cycles
        assert sum(by_cause.values()) == layer.end - layer.begin
    windows = [window for window in timeline.windows if window.end <= timeline.layers[0].end]
    assert sum(sum(window.cycles.values()) for window in windows) == sum(splits[0].cycles.values())


@pytest.mark.parametrize("resolution", [1, 50, 5000])
def test_slices_and_bursts_are_nested(calls: Bench, resolution: int) -> None:
    timeline = _followed(calls, resolution=resolution)[1]
    ends: list[int] = []
    for begin, minus_end, _ in sorted(_spans(timeline)):
        while ends and ends[-1] <= begin:
            ends.pop()
        assert not ends or -minus_end <= ends[-1]
        ends.append(-minus_end)
    for layer in timeline.layers:
        assert any(part.begin == layer.begin and part.end == layer.end for part in timeline.slices)


def test_what_is_short_is_told_together(calls: Bench) -> None:
    fine, coarse = (_followed(calls, resolution=resolution)[1] for resolution in (1, 2000))
    assert len(coarse.slices) < len(fine.slices) / 5
    assert not fine.bursts
    names = {coarse.nodes[part.node].function for part in coarse.slices}
    assert "Slow" in names
    assert "Leaf" not in names
    burst, _ = (each for each in coarse.bursts if "Leaf" in each.functions)  # one in each layer
    assert burst.functions["Leaf"].calls >= 100
    assert burst.functions["Leaf"].cycles < burst.end - burst.begin
    assert _paths(coarse) == _paths(fine)


def test_only_the_layers_that_are_wanted(calls: Bench) -> None:
    every = _followed(calls)[1]
    some = _followed(calls, layers=frozenset({1}))[1]
    assert some.layers == every.layers[1:]
    begin = some.layers[0].begin
    assert some.slices == [part for part in every.slices if part.begin >= begin]
    assert {window.begin >= begin for window in some.windows} == {True}


def test_commands_to_the_cfu(bench: Bench, tmp_path: Path) -> None:
    with_cfu = replace(bench.with_cfu("simd_mac"), simulator="fast")
    body = """for (int i = 0; i < 10; ++i) cfu::op<0, 0>(1, 2);
  for (volatile int i = 0; i < 500; i = i + 1) {}
  cfu::op<0, 0>(1, 2);
  return false;"""
    kernel = with_cfu.with_kernel(tmp_path, "relu", RELU_KERNEL.format(body=body))
    timeline = _followed(kernel, resolution=100)[1]
    (layer, _) = timeline.layers
    first, second = (burst for burst in timeline.cfu if burst.end <= layer.end)
    assert (first.commands, second.commands) == ({0: 10}, {0: 1})
    assert layer.begin < first.begin < first.end < second.begin <= second.end
    assert 10 <= first.busy <= first.end - first.begin


def test_deep_recursion_is_followed_as_far_as_there_is_room(bench: Bench, tmp_path: Path) -> None:
    text = RELU_KERNEL.format(body="Print(Deep(600)); return false;")
    text = text.replace("namespace playground {", _FUNCTIONS + "namespace playground {", 1)
    deep = replace(bench, simulator="fast").with_kernel(tmp_path, "relu", text)
    timeline = _followed(deep)[1]
    assert 200 < max(len(timeline.path(node)) for node in timeline.nodes) <= 256
    # Whatever was lost on the way down, the frames above are found again.
    assert _paths(timeline)["playground::RunLayer", "playground::reference::relu"] == 1


def test_the_rtl_does_not_follow_calls(bench: Bench) -> None:
    with pytest.raises(PlaygroundError, match="followed by the fast simulator only"):
        bench.run(relu_model(), [_VALUES], timeline=TimelineRequest(1))


def test_functions_of_one_name_are_added_up(bench: Bench) -> None:
    elf = bench.image(relu_model()).elf
    number = next(i for i, each in enumerate(elf.functions, 1) if each.name == "main")
    lines = [f"stack 1 0 {number}", f"burst 1 5 9 {number} 1 2 {number} 3 4"]
    (burst,) = read_timeline(lines, elf).bursts
    assert (burst.functions["main"].calls, burst.functions["main"].cycles) == (4, 6)
