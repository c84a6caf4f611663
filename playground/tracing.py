"""From a design to which of its functions run when."""

from __future__ import annotations

__all__ = ["Traced", "format_of", "trace_design", "write_trace"]

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from playground.design import FAST_SIMULATOR, Design
from playground.flow import simulate_design
from playground.progress import Progress
from playground.run_profile import profile_of
from profiles import Profile, require_exact
from profiles.flame_graph import folded_stacks, speedscope
from profiles.trace_events import trace_events
from sim.simulator import RunRequest
from sim.timeline import Timeline, TimelineRequest
from toolchain import ArtifactCache, PlaygroundError

_SLICES = 1 << 16  # that a trace is to have, at most, at each depth of calls
_SPARE_CYCLES = 1_000_000  # beside the inference's


@dataclass(frozen=True)
class Traced:
    """A run and which of its functions ran when.

    Attributes
    ----------
    cfu
        Names of the CFU's instructions, by function.
    resolution
        Cycles; what takes less is shown in bursts.
    """

    profile: Profile
    timeline: Timeline
    cfu: Mapping[int, str]
    resolution: int


def trace_design(
    design: Design,
    *,
    layers: frozenset[int] = frozenset(),
    cache: ArtifactCache,
    progress: Progress,
) -> Traced:
    """Run a design and then its first inference again, following calls.

    Parameters
    ----------
    layers
        Those to follow; empty for all.

    Raises
    ------
    PlaygroundError
        If it cannot be run, or not by the fast simulator, or is not bit-exact.
    """
    ran = simulate_design(replace(design, simulator=FAST_SIMULATOR), cache=cache, progress=progress)
    profile = require_exact(profile_of(ran, progress.seconds))
    absent = sorted(layers - {layer.index for layer in profile.layers})
    if absent:
        raise PlaygroundError(
            f"there is no layer {absent[0]} to trace, `{profile.model.name}` has "
            f"{len(profile.layers)}"
        )
    cycles = sum(layer.cycles for layer in profile.layers if not layers or layer.index in layers)
    resolution = max(1, cycles // _SLICES)
    request = RunRequest(
        inferences=ran.inputs.first().inferences,
        max_cycles=profile.total_cycles * 2 + _SPARE_CYCLES,
        timeline=TimelineRequest(resolution, layers),
    )
    total = len(profile.layers)
    with progress.phase(
        "trace", f"following the calls of `{profile.model.name}`", total=total
    ) as step:
        result = ran.simulator.run(
            ran.built.image, request, progress=lambda done, cycles: step(done)
        )
    assert result.timeline is not None
    return Traced(
        profile=profile,
        timeline=result.timeline,
        cfu={each.function_id: each.name for each in ran.built.cfu.spec.instructions},
        resolution=resolution,
    )


def format_of(path: Path) -> str:
    """Return the format that a file's name suggests."""
    if "speedscope" in path.name:
        return "speedscope"
    return "folded" if path.suffix in (".folded", ".txt") else "perfetto"


def write_trace(traced: Traced, path: Path, trace_format: str) -> None:
    """Write a trace as "perfetto", "speedscope" or "folded".

    Raises
    ------
    PlaygroundError
        If it cannot be written.
    """
    match trace_format:
        case "folded":
            text = folded_stacks(traced.profile, traced.timeline)
        case "speedscope":
            text = _compact(speedscope(traced.profile, traced.timeline))
        case _:
            text = _compact(trace_events(traced.profile, traced.timeline, traced.cfu))
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise PlaygroundError(
            f"cannot write the trace `{path}`: {error.strerror}",
            hint="`--output` takes the path of a file in a directory that exists",
        ) from error


def _compact(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")) + "\n"
