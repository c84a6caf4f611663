"""A run on a time axis, for Perfetto and Chrome: layers, calls, the CFU, what cycles go to.

The format is Chrome's "Trace Event Format", as JSON. A microsecond stands for a clock cycle.
"""

from __future__ import annotations

__all__ = ["CfuNames", "command_name", "trace_events"]

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from profiles.profile import Profile
from sim.cycle_split import Cause
from sim.timeline import Burst, CfuBurst, LayerCalls, Slice, Timeline, Window

_PROCESS = 1
_LAYERS, _FUNCTIONS, _CFU = 1, 2, 3  # threads
_THREADS = {_LAYERS: "layers", _FUNCTIONS: "functions", _CFU: "CFU"}
_NAMED = 2  # functions or instructions in a burst's name
_LEAST = 0.01  # of all cycles, for a cause to be drawn
_NO_FUNCTION = "(in no function)"

CfuNames = Mapping[int, str]
"""Names of a CFU's instructions by function: funct7 times 8, and funct3."""

_Event = dict[str, Any]


def trace_events(profile: Profile, timeline: Timeline, cfu: CfuNames) -> dict[str, Any]:
    """Return the JSON-able content of a trace file.

    Parameters
    ----------
    profile
        Of the run.
    cfu
        Its CFU's instructions.
    """
    origin = min((layer.begin for layer in timeline.layers), default=0)
    events = [
        *_metadata(profile),
        *(_layer_event(profile, layer) for layer in timeline.layers),
        *_function_events(timeline),
        *(_cfu_event(burst, cfu) for burst in timeline.cfu),
        *_counter_events(timeline.windows),
    ]
    for event in events:
        if "ts" in event:
            event["ts"] -= origin
    return {
        "displayTimeUnit": "ns",
        "otherData": {
            "time": "1 µs is a clock cycle",
            "model": profile.model.name,
            "cfu": profile.cfu.name,
            "clock_hz": profile.clock_hz,
            "simulator": f"{profile.simulator.name} {profile.simulator.version}",
        },
        "traceEvents": events,
    }


def command_name(cfu: CfuNames, function: int) -> str:
    """Return the name of an instruction of a CFU, also of one that it does not define."""
    return cfu.get(function, f"funct7 {function >> 3}, funct3 {function & 7}")


def _metadata(profile: Profile) -> Iterator[_Event]:
    title = f"{profile.model.name} · {profile.title} (1 µs = 1 cycle)"
    yield {"ph": "M", "pid": _PROCESS, "name": "process_name", "args": {"name": title}}
    for thread, name in _THREADS.items():
        common = {"ph": "M", "pid": _PROCESS, "tid": thread}
        yield {**common, "name": "thread_name", "args": {"name": name}}
        yield {**common, "name": "thread_sort_index", "args": {"sort_index": thread}}


def _layer_event(profile: Profile, layer: LayerCalls) -> _Event:
    of = profile.layers[layer.index]
    return _complete(
        _LAYERS,
        f"{of.index} {of.operator}",
        layer.begin,
        layer.end,
        {
            "cycles": of.cycles,
            "instructions": of.instructions,
            "MACs": of.macs,
            "output": of.output_text,
            "kernel": of.kernel,
        },
    )


def _function_events(timeline: Timeline) -> list[_Event]:
    """Return slices and bursts below the root; outer ones come before inner ones."""
    root = timeline.root
    found: list[tuple[int, int, int, _Event]] = []

    def add(thing: Slice | Burst, event: _Event, *, depth: int) -> None:
        found.append((thing.begin, thing.begin - thing.end, depth, event))

    for part in timeline.slices:
        path = timeline.path(part.node)
        if root in (0, *path[:-1]):
            name = timeline.nodes[part.node].function or _NO_FUNCTION
            add(part, _complete(_FUNCTIONS, name, part.begin, part.end, {}), depth=len(path))
    for burst in timeline.bursts:
        path = timeline.path(burst.node)
        if root in (0, *path):
            add(burst, _burst_event(burst), depth=len(path) + 1)
    return [event for *_, event in sorted(found, key=lambda each: each[:3])]


def _burst_event(burst: Burst) -> _Event:
    counts = {
        name or _NO_FUNCTION: called.calls
        for name, called in sorted(burst.functions.items(), key=lambda item: -item[1].cycles)
    }
    details = {
        name or _NO_FUNCTION: f"{called.calls:,} calls, {called.cycles:,} cycles"
        for name, called in burst.functions.items()
    }
    return _complete(_FUNCTIONS, _several(counts), burst.begin, burst.end, details)


def _cfu_event(burst: CfuBurst, cfu: CfuNames) -> _Event:
    counts = {
        command_name(cfu, function): count
        for function, count in sorted(burst.commands.items(), key=lambda item: -item[1])
    }
    details = {"busy cycles": burst.busy, **counts}
    # A response may come in the very cycle of the command.
    return _complete(_CFU, _several(counts), burst.begin, max(burst.end, burst.begin + 1), details)


def _counter_events(windows: Iterable[Window]) -> Iterator[_Event]:
    """Yield the shares of causes over time, in percent."""
    windows = tuple(windows)
    total = sum(sum(window.cycles.values()) for window in windows)
    drawn = [
        cause
        for cause in Cause
        if sum(window.cycles.get(cause, 0) for window in windows) > _LEAST * total
    ]
    for window in windows:
        length = window.end - window.begin
        shares = {cause: round(100 * window.cycles.get(cause, 0) / length, 1) for cause in drawn}
        yield {
            "ph": "C",
            "pid": _PROCESS,
            "name": "% of cycles",
            "ts": window.begin,
            "args": {cause.value: share for cause, share in shares.items()},
        }


def _complete(thread: int, name: str, begin: int, end: int, details: Mapping[str, Any]) -> _Event:
    return {
        "ph": "X",
        "pid": _PROCESS,
        "tid": thread,
        "name": name,
        "cat": _THREADS[thread],
        "ts": begin,
        "dur": end - begin,
        "args": dict(details),
    }


def _several(counts: Mapping[str, int]) -> str:
    """Return a name for several things and how many of each there are, the most important first."""
    named = [f"{name} ×{count:,}" for name, count in list(counts.items())[:_NAMED]]
    others = len(counts) - len(named)
    return ", ".join(named) + (f" and {others} more" if others else "")
