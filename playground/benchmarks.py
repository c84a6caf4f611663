"""The page of benchmarks and the counts in it that a test can check."""

from __future__ import annotations

__all__ = ["Benchmark", "benchmarks_json", "benchmarks_page", "read_totals"]

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from profiles import Comparison, Profile, compare, profile_json

_TOTAL = re.compile(r"^\| (\w+) \| ([\d,]+) \| ([\d,]+) \| [\d.]+× \|", re.MULTILINE)


@dataclass(frozen=True)
class Benchmark:
    """A model run with TensorFlow Lite Micro's kernels and with a CFU.

    Attributes
    ----------
    seconds_after_edit
        Wall time from a changed kernel to the new profile, if it was taken.
    """

    summary: str
    baseline: Profile
    faster: Profile
    seconds_after_edit: float | None = None


def benchmarks_page(benchmarks: Sequence[Benchmark]) -> str:
    """Return the Markdown page; it says which command wrote it and where its numbers come from.

    Raises
    ------
    PlaygroundError
        If a model's two profiles are not alike in all but CFU and kernels.
    """
    comparisons = [compare(each.baseline, each.faster) for each in benchmarks]
    parts = [_HEAD, _conditions(benchmarks[0].faster), _totals(comparisons), _speeds(benchmarks)]
    parts += [_layers(each, c) for each, c in zip(benchmarks, comparisons, strict=True)]
    return "\n".join(parts)


def benchmarks_json(benchmarks: Sequence[Benchmark]) -> list[dict[str, Any]]:
    """Return the same as JSON-able values."""
    return [
        {
            "model": each.baseline.model.name,
            "baseline": profile_json(each.baseline),
            "faster": profile_json(each.faster),
            "speedup": compare(each.baseline, each.faster).speedup(1),
            "seconds_after_edit": each.seconds_after_edit,
        }
        for each in benchmarks
    ]


def read_totals(page: str) -> Mapping[str, tuple[int, int]]:
    """Return the cycles of baseline and CFU by model, read back from a page."""
    return {
        model: (int(baseline.replace(",", "")), int(faster.replace(",", "")))
        for model, baseline, faster in _TOTAL.findall(page)
    }


_HEAD = """\
# Benchmarks

Written by `cfu bench --write docs/benchmarks.md`; do not edit. Cycle counts are the same on every
machine, and a test compares them with new runs. The times of wall clocks are one machine's.
"""


def _conditions(profile: Profile) -> str:
    compiler = profile.compiler
    bound = " (a board's has wait states, which these counts lack)" if profile.memory.ideal else ""
    return (
        f"- cycles: {profile.sources.cycles}, counted by the CPU in {profile.simulator.name} "
        f"{profile.simulator.version}\n"
        f"- CPU `{profile.cpu}`, board `{profile.board}`, {profile.clock_hz / 1e6:g} MHz\n"
        f"- memory: {profile.memory.note}{bound}\n"
        f"- compiler: {compiler.name} {compiler.version}, `{' '.join(compiler.flags)}`\n"
        f"- baseline: no CFU, TensorFlow Lite Micro's reference kernels, same compiler and flags\n"
        f"- CFU: `{profile.cfu.name}` ({profile.cfu.digest[:12]}) with kernels "
        f"{', '.join(f'`{name}`' for name in profile.kernels)}\n"
        f"- every layer of every run is bit-exact with TensorFlow Lite Micro\n"
    )


def _totals(comparisons: Sequence[Comparison]) -> str:
    rows = [
        f"| {c.baseline.model.name} | {c.baseline.total_cycles:,} | {c.profiles[1].total_cycles:,} "
        f"| {_speedup(c.speedup(1))} | {c.baseline.macs:,} | {_per_mac(c.baseline)} "
        f"| {_per_mac(c.profiles[1])} |"
        for c in comparisons
    ]
    return "\n".join(
        [
            "## Cycles of one inference\n",
            "| model | baseline | CFU | speedup | MACs | cycles/MAC baseline | cycles/MAC CFU |",
            "| --- | ---: | ---: | ---: | ---: | ---: | ---: |",
            *rows,
            "",
        ]
    )


_ABOUT_SPEEDS = """\
Simulated cycles of the RTL per second of wall time (host). A run takes the fast simulator unless it
names one: [simulators.md](simulators.md) has the cycles of both, which are the same, and the speed
of both, for every model and CFU.
"""


def _speeds(benchmarks: Sequence[Benchmark]) -> str:
    rows = [
        f"| {each.baseline.model.name} | {_megahertz(each.baseline)} | {_megahertz(each.faster)} |"
        for each in benchmarks
    ]
    lines = [
        "## Speed of the simulation\n",
        _ABOUT_SPEEDS,
        "| model | baseline | CFU |",
        "| --- | ---: | ---: |",
        *rows,
        "",
    ]
    lines += [
        f"From an edited kernel to the new profile of `{each.baseline.model.name}`: "
        f"{each.seconds_after_edit:.1f} s of wall time (host), on the simulator taken by default.\n"
        for each in benchmarks
        if each.seconds_after_edit is not None
    ]
    return "\n".join(lines)


def _layers(benchmark: Benchmark, comparison: Comparison) -> str:
    baseline, faster = comparison.profiles
    rows = [
        f"| {layer.index} | {layer.operator} | {layer.output_text} | {layer.macs:,} "
        f"| {layer.cycles:,} | {faster.layers[i].cycles:,} | {_speedup(comparison.speedup(1, i))} "
        f"| {faster.layers[i].kernel} |"
        for i, layer in enumerate(baseline.layers)
    ]
    return "\n".join(
        [
            f"## {baseline.model.name}: {benchmark.summary}\n",
            "| # | operator | output | MACs | baseline | CFU | speedup | kernel |",
            "| ---: | --- | --- | ---: | ---: | ---: | ---: | --- |",
            *rows,
            "",
        ]
    )


def _per_mac(profile: Profile) -> str:
    return f"{profile.total_cycles / profile.macs:.2f}" if profile.macs else ""


def _speedup(value: float | None) -> str:
    return "" if value is None else f"{value:.2f}×"


def _megahertz(profile: Profile) -> str:
    return "" if profile.simulated_hz is None else f"{profile.simulated_hz / 1e6:.2f} MHz"
