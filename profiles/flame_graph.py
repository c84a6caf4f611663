"""Cycles by call stack, for flame graphs: speedscope's format, and folded stacks.

Frames are a layer, the functions that it calls, and, innermost, what was waited for if no
instruction was issued. All cycles of the layers are there, to the last one.
"""

from __future__ import annotations

__all__ = ["folded_stacks", "speedscope"]

from collections.abc import Iterator
from typing import Any

from profiles.profile import Profile
from sim.cycle_split import Cause
from sim.timeline import Timeline

_SCHEMA = "https://www.speedscope.app/file-format-schema.json"
_NO_FUNCTION = "(in no function)"
_WAITS = {
    Cause.INSTRUCTION_MISS: "instruction miss",
    Cause.DATA_MISS: "data miss",
    Cause.STORE: "store",
    Cause.UNCACHED: "uncached access",
    Cause.CONTENTION: "bus taken",
    Cause.LOAD_USE: "load-use",
    Cause.HAZARD: "other hazard",
    Cause.BRANCH: "branch",
    Cause.ARITHMETIC: "multiply, divide, shift",
    Cause.CFU: "CFU",
    Cause.OTHER: "other",
}


def folded_stacks(profile: Profile, timeline: Timeline) -> str:
    """Return lines of a stack, frames separated by semicolons, and its cycles."""
    return "".join(
        f"{';'.join(frames)} {cycles}\n" for frames, cycles in _stacks(profile, timeline)
    )


def speedscope(profile: Profile, timeline: Timeline) -> dict[str, Any]:
    """Return the JSON-able content of a file for speedscope.

    Its first profile is the flame graph, layers in their order; the second the calls on a time
    axis, as far as they are long enough to be told of one by one.
    """
    numbers: dict[str, int] = {}

    def number(frame: str) -> int:
        return numbers.setdefault(frame, len(numbers))

    samples, weights = [], []
    for frames, cycles in _stacks(profile, timeline):
        samples.append([number(frame) for frame in frames])
        weights.append(cycles)
    title = f"{profile.model.name} · {profile.title}"
    total = sum(weights)
    origin = min((layer.begin for layer in timeline.layers), default=0)
    events = [
        {"type": kind, "frame": number(frame), "at": at - origin}
        for kind, frame, at in _events(profile, timeline)
    ]
    profiles: list[dict[str, Any]] = [
        {
            "type": "sampled",
            "name": f"{title}: cycles",
            "unit": "none",
            "startValue": 0,
            "endValue": total,
            "samples": samples,
            "weights": weights,
        },
        {
            "type": "evented",
            "name": f"{title}: time line",
            "unit": "none",
            "startValue": 0,
            "endValue": events[-1]["at"] if events else 0,
            "events": events,
        },
    ]
    return {
        "$schema": _SCHEMA,
        "name": title,
        "exporter": "cfu trace",
        "activeProfileIndex": 0,
        "shared": {"frames": [{"name": name} for name in numbers]},
        "profiles": profiles,
    }


def _stacks(profile: Profile, timeline: Timeline) -> Iterator[tuple[tuple[str, ...], int]]:
    """Yield call stacks, the outermost frame first, with their cycles."""
    base = len(timeline.path(timeline.root))
    for layer in timeline.layers:
        outermost = _layer_name(profile, layer.index)
        for node, spent in layer.nodes.items():
            path = (_function(timeline, each) for each in timeline.path(node)[base:])
            frames = (outermost, *path)
            for cause, cycles in spent.cycles.items():
                if cause is Cause.ISSUED:
                    yield frames, cycles
                else:
                    yield (*frames, f"[waits: {_WAITS[cause]}]"), cycles


def _events(profile: Profile, timeline: Timeline) -> Iterator[tuple[str, str, int]]:
    """Yield frames that open ("O") and close ("C"), nested, in order of time."""
    spans = [
        (layer.begin, -layer.end, 0, _layer_name(profile, layer.index)) for layer in timeline.layers
    ]
    root = timeline.root
    for part in timeline.slices:
        path = timeline.path(part.node)
        if root in (0, *path[:-1]):
            spans.append((part.begin, -part.end, len(path), _function(timeline, part.node)))
    open_spans: list[tuple[int, str]] = []
    for begin, minus_end, _, name in sorted(spans):
        while open_spans and open_spans[-1][0] <= begin:
            end, closed = open_spans.pop()
            yield "C", closed, end
        open_spans.append((-minus_end, name))
        yield "O", name, begin
    for end, closed in reversed(open_spans):
        yield "C", closed, end


def _layer_name(profile: Profile, index: int) -> str:
    return f"{index} {profile.layers[index].operator}"


def _function(timeline: Timeline, node: int) -> str:
    return timeline.nodes[node].function.replace(";", ",") or _NO_FUNCTION
