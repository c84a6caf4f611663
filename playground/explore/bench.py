"""The page of what a search found on the keyword model, and how fast it went."""

from __future__ import annotations

__all__ = ["ExploreBench", "bench_json", "bench_page", "measure_exploration", "measure_workers"]

import os
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gateware.parameter import shown
from playground.design import Design
from playground.explore.explore import Exploration, Found, explore, prepare_exploration
from playground.explore.front import front_json
from playground.explore.settings import Settings
from playground.explore.workers import LocalCrew
from playground.markdown import table_section
from playground.resolve import Choices, resolve
from toolchain import ArtifactCache, digest

_MODEL, _CFU = "kws01", "array"
_TRIALS = 200
_WORKERS = 2
_SEARCH: dict[str, list[Any] | None] = {
    "cpu.instruction_cache": [4096, 8192],
    "cpu.data_cache": [0, 4096, 8192],
    "cpu.prediction": None,
    "cpu.bypass": None,
    "cpu.shifter": ["iterative", "late"],
    "cfu.units": None,
}
_TIMED_TRIALS = 16
_TIMED_SEARCH: dict[str, list[Any] | None] = {
    "cpu.instruction_cache": None,
    "cpu.data_cache": None,
    "cpu.prediction": None,
    "cpu.bypass": None,
    "cpu.shifter": None,
    "cpu.multiplier": None,
}


@dataclass(frozen=True)
class ExploreBench:
    """What was measured.

    Attributes
    ----------
    trials_per_hour
        By number of workers, each with a cache of its own.
    load
        Of the machine before it was measured, by other programs, in processes at work.
    """

    exploration: Exploration
    found: Found
    trials_per_hour: dict[int, float]
    load: float = 0.0


def _design(cfu: str = _CFU) -> Design:
    return resolve(Choices(directory=Path.cwd(), model=_MODEL, cfu=cfu), project=None)


def measure_exploration(
    directory: Path, *, cache: ArtifactCache, tell: Callable[[str], None]
) -> tuple[Exploration, Found]:
    """Search for the keyword model's designs, or go on with that search if nothing has changed.

    Parameters
    ----------
    directory
        Where the study is kept.

    Raises
    ------
    PlaygroundError
        As `explore` does.
    """
    settings = Settings(search=_SEARCH, trials=_TRIALS)
    exploration = prepare_exploration(_design(), settings, name=None, cache=cache)
    storage = directory / f"bench-{digest(exploration.plan.text)[:12]}.sqlite"
    found = explore(
        exploration,
        lambda: LocalCrew(_WORKERS, cache),
        storage=storage,
        resume=storage.is_file(),
        confirms=True,
        told=lambda record: tell(f"trial {record.number} of {_TRIALS}"),
        confirmed=lambda point, cycles: tell(f"trial {point.number} on the RTL: {cycles:,} cycles"),
        tell=tell,
    )
    return exploration, found


def measure_workers(*, tell: Callable[[str], None]) -> dict[int, float]:
    """Return the trials an hour that one worker makes, and those that two make.

    Each makes the same trials with an empty cache but for what all trials have in common, which is
    made before the clock starts.

    Raises
    ------
    PlaygroundError
        As `explore` does.
    """
    rates = {}
    for workers in (1, 2):
        with tempfile.TemporaryDirectory(prefix="cfu-bench-") as directory:
            cache = ArtifactCache(Path(directory, "cache"))
            settings = Settings(search=_TIMED_SEARCH, trials=1, sampler="random")
            storage = Path(directory, "study.sqlite")
            for trials in (1, 1 + _TIMED_TRIALS):
                settings = Settings(search=_TIMED_SEARCH, trials=trials, sampler="random")
                exploration = prepare_exploration(
                    _design("simd_mac"), settings, name=None, cache=cache
                )
                begun = time.monotonic()
                found = explore(
                    exploration,
                    lambda: LocalCrew(workers, cache),  # noqa: B023 - called at once
                    storage=storage,
                    resume=trials > 1,
                    confirms=False,
                    told=lambda record: tell(f"trial {record.number} of {_TIMED_TRIALS}"),
                    confirmed=lambda point, cycles: None,
                    tell=tell,
                )
                found.study.close()
                seconds = time.monotonic() - begun
        rates[workers] = _TIMED_TRIALS / seconds * 3600
        tell(f"{workers} at work: {rates[workers]:,.0f} trials an hour")
    return rates


def bench_json(bench: ExploreBench) -> dict[str, Any]:
    """Return the same as JSON-able values."""
    found = bench.found
    study = front_json(
        found.study,
        found.records,
        found.points,
        found.default,
        found.importances,
        found.study.confirmed(),
    )
    return {**study, "trials_per_hour": bench.trials_per_hour}


def bench_page(bench: ExploreBench) -> str:
    """Return the Markdown page."""
    found, study = bench.found, bench.found.study
    rtl = study.confirmed()
    base = study.space.base
    rows = []
    if found.default is not None:
        d = found.default
        rows.append(
            ["default", _words(base), f"{d.cycles:,}", "", f"{d.cells:,}", str(d.dsp), str(d.ram)]
        )
    for point in found.points:
        measured = point.measured
        differing = {k: v for k, v in point.values.items() if base.get(k) != v}
        rows.append(
            [
                f"{point.number}{_STAR if point.beats_default else ''}",
                _words(differing) or "as the default",
                f"{measured.cycles:,}",
                f"{rtl[point.design]:,}" if point.design in rtl else "",
                f"{measured.cells:,}",
                str(measured.dsp),
                str(measured.ram),
            ]
        )
    designs = len({record.design for record in found.records})
    header = ["trial", "design", "cycles", "on the RTL", "cells", "DSP", "RAM"]
    lines = [
        _HEAD,
        f"- command: {_command()}",
        f"- {len(found.records)} trials of {designs} designs in a space of {study.space.size:,}",
        f"- {bench.exploration.area_note}",
        "- \\*: nowhere worse than the default design, and somewhere better",
        "",
        *table_section("Front", header, rows, right=2),
        *table_section(
            "What decides",
            ["objective", *study.space.describe()],
            [
                [objective, *(f"{parts.get(name, 0):.2f}" for name in study.space.describe())]
                for objective, parts in found.importances.items()
            ],
        ),
        _WEIGHTS,
    ]
    one, two = bench.trials_per_hour[1], bench.trials_per_hour[2]
    lines += table_section(
        "Workers",
        ["workers", "trials an hour", "of one"],
        [["1", f"{one:,.0f}", ""], ["2", f"{two:,.0f}", f"{two / one:.2f}×"]],
    )
    lines.append(
        f"{_TIMED_TRIALS} trials of options of the CPU with `simd_mac`, none of them in the "
        f"cache, on {len(os.sched_getaffinity(0))} cores, on which {bench.load:.1f} other "
        "processes were at work.\n"
    )
    return "\n".join(lines)


def _command() -> str:
    searched = " ".join(
        f"--search {name}" + (f"={','.join(map(shown, values))}" if values else "")
        for name, values in _SEARCH.items()
    )
    return f"`cfu explore {_MODEL} --cfu {_CFU} --trials {_TRIALS} --workers {_WORKERS} {searched}`"


def _words(values: Any) -> str:
    return ", ".join(f"{name}={shown(value)}" for name, value in values.items())


_WEIGHTS = """\
Weights of PED-ANOVA, of 1 in all: how far the values of the best tenth of the trials are from
those of all trials.
"""
_STAR = r"\*"
_HEAD = """\
# What a search finds

Written by `cfu bench explore --write docs/explored.md`; do not edit.
[explore.md](explore.md) tells how to search.
"""
