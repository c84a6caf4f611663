"""The page of the ladder, and the counts in it that a test can check."""

from __future__ import annotations

__all__ = ["ladder_json", "ladder_page", "read_ladder"]

import re
from collections.abc import Mapping
from typing import Any

from playground.design import NO_CFU
from playground.ladder import Ladder, Refusal, Rung
from playground.ladder_dram import dram_sections
from playground.ladder_hardware import area_sections, time_section, up5k_section
from playground.ladder_marks import BARS, MARKS
from playground.markdown import millions, table_section
from profiles import profile_json
from profiles.advice import Bound

_CYCLES = "Cycles of one inference"
_SHOWN_LAYERS = 8


def ladder_page(ladder: Ladder) -> str:
    """Return the Markdown page; it says which command wrote it and where its numbers come from."""
    return "\n".join(
        [
            _HEAD,
            _conditions(ladder),
            *_rungs(ladder),
            *_cycles(ladder),
            *_speedups(ladder),
            *_marks(ladder),
            *_in_the_way(ladder),
            *area_sections(ladder),
            *time_section(ladder),
            *up5k_section(ladder),
            *dram_sections(ladder),
            *_layers(ladder),
        ]
    )


def ladder_json(ladder: Ladder) -> dict[str, Any]:
    """Return the same as JSON-able values; where there is no figure, the reason."""
    return {
        "rungs": [vars(rung) for rung in ladder.rungs],
        "models": dict(ladder.models),
        "runs": [
            {"rung": rung, "profile": profile_json(profile)}
            for (rung, _), profile in (*ladder.ideal.items(), *ladder.dram.items())
        ],
        "gcc": ladder.gcc.reason
        if isinstance(ladder.gcc, Refusal)
        else {model: profile_json(profile) for model, profile in ladder.gcc.items()},
        "up5k": {
            rung: each.reason if isinstance(each, Refusal) else profile_json(each)
            for rung, each in ladder.up5k.items()
        },
        "synthesis": [
            {
                "cfu": cfu,
                "board": board,
                "system": reports is ladder.systems,
                "report": each.reason
                if isinstance(each, Refusal)
                else each.model_dump(mode="json", exclude={"bitstream"}),
            }
            for reports in (ladder.alone, ladder.systems)
            for (cfu, board), each in reports.items()
        ],
    }


def read_ladder(page: str) -> Mapping[tuple[str, str], int]:
    """Return the cycles on board `sim` by rung and model, read back from a page."""
    section = page.partition(f"## {_CYCLES}\n")[2].partition("\n## ")[0]
    header, _, *rows = [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in section.splitlines()
        if line.startswith("|")
    ]
    return {
        (row[0].strip("`"), model): int(cell.replace(",", ""))
        for row in rows
        for model, cell in zip(header[1:], row[1:], strict=True)
        if re.fullmatch(r"[\d,]+", cell)
    }


_HEAD = """\
# The ladder

Written by `cfu bench ladder --write docs/ladder.md`; do not edit. From TensorFlow Lite Micro's
reference kernels to an accelerator that fetches its own operands: each rung is one CFU and the
kernels that use it. Cycle counts are the same on every machine, and a test compares some of them
with new runs.
"""
_CONDITIONS = """\
- cycles: {cycles}, counted by the CPU in {simulator}; every layer of every run is bit-exact with
  TensorFlow Lite Micro
- board `{board}`, CPU `{cpu}`, {memory}, unless said otherwise; a real memory has wait states,
  which are in the section on DRAM
- compiler: {compiler}, `{flags}`, the same for all rungs
- one run: `cfu run MODEL --cfu RUNG`; of the first rung `cfu run MODEL`, of `portable`
  `cfu run MODEL --kernels portable`
"""


def _conditions(ladder: Ladder) -> str:
    profile = next(iter(ladder.ideal.values()))
    return _CONDITIONS.format(
        cycles=profile.sources.cycles,
        simulator=f"{profile.simulator.name} {profile.simulator.version}",
        board=profile.board,
        cpu=profile.cpu,
        memory=profile.memory.note,
        compiler=f"{profile.compiler.name} {profile.compiler.version}",
        flags=" ".join(profile.compiler.flags),
    )


def _rungs(ladder: Ladder) -> list[str]:
    rows = [
        [f"`{rung.name}`", "none" if rung.cfu == NO_CFU else f"`{rung.cfu}`", rung.teaches]
        for rung in ladder.rungs
    ]
    return table_section("Rungs", ["rung", "CFU", "what it teaches"], rows, right=0)


def _cycles(ladder: Ladder) -> list[str]:
    rows = [
        [f"`{rung.name}`", *(f"{ladder.ideal[rung.name, m].total_cycles:,}" for m in ladder.models)]
        for rung in ladder.rungs
    ]
    lowest = ladder.rungs[0].name
    if isinstance(ladder.gcc, Refusal):
        note = f"The row of GCC is missing: {ladder.gcc.reason}.\n"
    else:
        rows.insert(
            1,
            [f"{lowest}, GCC", *(f"{ladder.gcc[m].total_cycles:,}" for m in ladder.models)],
        )
        compiler = next(iter(ladder.gcc.values())).compiler
        note = (
            f"The row of GCC has the same kernels by {compiler.name} {compiler.version} -O2, which "
            "published baselines used; nothing is measured against it.\n"
        )
    return [*table_section(_CYCLES, ["rung", *ladder.models], rows), note]


def _speedups(ladder: Ladder) -> list[str]:
    lines: list[str] = []
    for base in ladder.rungs[:2]:
        if base.cfu != NO_CFU:
            continue  # the kernels without a CFU are not at hand
        rows = [
            [f"`{rung.name}`", *(_times(ladder, base, rung, model) for model in ladder.models)]
            for rung in ladder.rungs
            if rung is not base
        ]
        lines += table_section(f"Speedup over `{base.name}`", ["rung", *ladder.models], rows)
    return lines


def _times(ladder: Ladder, base: Rung, rung: Rung, model: str) -> str:
    before, after = (ladder.ideal[each.name, model].total_cycles for each in (base, rung))
    return f"{before / after:.2f}×"


def _marks(ladder: Ladder) -> list[str]:
    models = [model for model in ladder.models if model in BARS]
    if not models:
        return []
    rows = []
    for model in models:
        best = ladder.best(model)
        cycles = ladder.ideal[best.name, model].total_cycles
        rows.append(
            [
                model,
                *(millions(mark.cycles.get(model)) for mark in MARKS),
                millions(BARS[model]),
                f"{millions(cycles)} (`{best.name}`)",
                "yes" if cycles <= BARS[model] else "no",
            ]
        )
    header = ["model", *(mark.title for mark in MARKS), "to reach", "here", "reached"]
    sources = [f"- {mark.title}: {mark.source}" for mark in MARKS]
    return [*table_section("Beside what is published", header, rows), *sources, ""]


def _in_the_way(ladder: Ladder) -> list[str]:
    """Return where the cycles go in the models whose bar is not reached."""
    lines = []
    for model in ladder.models:
        profile = ladder.ideal[ladder.best(model).name, model]
        if profile.total_cycles <= BARS.get(model, profile.total_cycles):
            continue
        advised = sorted(ladder.advice[model].layers, key=lambda layer: -layer.cycles)
        rows = [
            [
                str(layer.index),
                layer.operator,
                profile.layers[layer.index].output_text,
                f"{layer.macs:,}",
                f"{layer.cycles:,}",
                f"{layer.share:.1%}",
                layer.bound.value,
                *(f"{layer.parts[bound]:,.0f}" for bound in Bound),
                f"{layer.of_roof:.0%}" if layer.of_roof is not None else "",
            ]
            for layer in advised[:_SHOWN_LAYERS]
        ]
        header = ["#", "operator", "output", "MACs", "cycles", "share", "bound by"]
        header += [*(bound.value for bound in Bound), "of roof"]
        lines += table_section(
            f"In the way of {model}: the slowest layers of `{ladder.best(model).name}`",
            header,
            rows,
        )
    if lines:
        lines.append(
            "What the cycles go to is estimated as by `cfu run --advise`; parts may overlap.\n"
        )
    return lines


def _layers(ladder: Ladder) -> list[str]:
    lines = []
    for model, summary in ladder.models.items():
        profiles = [ladder.ideal[rung.name, model] for rung in ladder.rungs]
        rows = [
            [
                str(layer.index),
                layer.operator,
                layer.output_text,
                f"{layer.macs:,}",
                *(f"{profile.layers[position].cycles:,}" for profile in profiles),
            ]
            for position, layer in enumerate(profiles[0].layers)
        ]
        header = ["#", "operator", "output", "MACs", *(f"`{rung.name}`" for rung in ladder.rungs)]
        lines += table_section(f"Layers of {model}: {summary}", header, rows)
    return lines
