"""The page of the ladder, and the counts in it that a test can check."""

from __future__ import annotations

__all__ = ["ladder_json", "ladder_page", "read_ladder"]

import re
from collections.abc import Mapping, Sequence
from typing import Any

from boards import find_board
from playground.design import NO_CFU
from playground.ladder import DRAM_BOARD, FPGAS, UP5K_MODEL, Fpga, Ladder, Refusal, Rung
from playground.ladder_marks import BARS, MARKS, UP5K_BAR, UP5K_MARKS
from profiles import Profile, profile_json
from soc.synthesis import ResourceKind, SynthReport

_CYCLES = "Cycles of one inference"
_UP5K, _ECP5 = FPGAS[0], FPGAS[1]
_CELLS = (ResourceKind.LOGIC_CELLS, ResourceKind.LUT)
_SHOWN_LAYERS = 5


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
            *_areas(ladder),
            *_milliseconds(ladder),
            *_up5k(ladder),
            *_dram(ladder),
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
    return _table("Rungs", ["rung", "CFU", "what it teaches"], rows, right=0)


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
    return [*_table(_CYCLES, ["rung", *ladder.models], rows), note]


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
        lines += _table(f"Speedup over `{base.name}`", ["rung", *ladder.models], rows)
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
                *(_millions(mark.cycles.get(model)) for mark in MARKS),
                _millions(BARS[model]),
                f"{_millions(cycles)} (`{best.name}`)",
                "yes" if cycles <= BARS[model] else "no",
            ]
        )
    header = ["model", *(mark.title for mark in MARKS), "to reach", "here", "reached"]
    sources = [f"- {mark.title}: {mark.source}" for mark in MARKS]
    return [*_table("Beside what is published", header, rows), *sources, ""]


def _in_the_way(ladder: Ladder) -> list[str]:
    """Return where the cycles go in the models whose bar is not reached."""
    lines = []
    for model in ladder.models:
        profile = ladder.ideal[ladder.best(model).name, model]
        if profile.total_cycles <= BARS.get(model, profile.total_cycles):
            continue
        slowest = sorted(profile.layers, key=lambda layer: -layer.cycles)[:_SHOWN_LAYERS]
        rows = [
            [
                str(layer.index),
                layer.operator,
                layer.output_text,
                f"{layer.macs:,}",
                f"{layer.cycles:,}",
                f"{layer.cycles / profile.total_cycles:.1%}",
                layer.kernel,
            ]
            for layer in slowest
        ]
        header = ["#", "operator", "output", "MACs", "cycles", "share", "kernel"]
        lines += _table(f"In the way of {model}: its slowest layers on the best rung", header, rows)
    return lines


def _areas(ladder: Ladder) -> list[str]:
    lines = []
    for fpga in FPGAS:
        cells = "logic cells" if fpga.is_placed else "LUTs"
        header = ["CFU", cells, "DSP", "block RAM"]
        header += ["MHz", f"system: {cells}", "system: MHz"] if fpga.is_placed else []
        rows = [
            [f"`{cfu}`", *_area_cells(ladder, cfu, fpga)]
            for cfu in dict.fromkeys(rung.cfu for rung in ladder.rungs)
            if cfu != NO_CFU or fpga.is_placed
        ]
        lines += _table(f"Area and speed, {fpga.title}", header, rows)
        lines.append(_area_note(fpga))
    return lines


def _area_cells(ladder: Ladder, cfu: str, fpga: Fpga) -> list[str]:
    alone = ladder.alone.get((cfu, fpga.board))
    if isinstance(alone, Refusal):
        cells = [alone.reason, "", "", *([""] if fpga.is_placed else [])]
    elif alone is None:
        cells = ["", "", "", *([""] if fpga.is_placed else [])]
    else:
        kinds = (_CELLS, (ResourceKind.DSP,), (ResourceKind.BRAM,))
        cells = [_used(alone, *kind) for kind in kinds]
        cells += [_megahertz(alone)] if fpga.is_placed else []
    if fpga.is_placed:
        system = ladder.systems[cfu, fpga.board]
        if isinstance(system, Refusal):
            cells += [system.reason, ""]
        else:
            missed = "" if system.timing_met else " (too slow for the board's clock)"
            cells += [_used(system, *_CELLS), _megahertz(system) + missed]
    return cells


def _area_note(fpga: Fpga) -> str:
    board = find_board(fpga.board)
    alone = f"`cfu synth --cfu-only --board {board.name} --cfu CFU`"
    if not fpga.is_placed:
        return f"The CFU alone, counted by Yosys after synthesis: {alone}.\n"
    return (
        f"The CFU alone: {alone}; the system, whose clock is {board.sys_clk_hz / 1e6:g} MHz: "
        f"`cfu synth --board {board.name} --cfu CFU`, CPU `{board.cpu}`. Counted after routing.\n"
    )


def _milliseconds(ladder: Ladder) -> list[str]:
    rows = []
    for rung in ladder.rungs:
        system = ladder.systems[rung.cfu, _ECP5.board]
        if isinstance(system, Refusal) or system.fmax_hz is None:
            reason = system.reason if isinstance(system, Refusal) else "not placed"
            rows.append([f"`{rung.name}`", reason, *("" for _ in ladder.models)])
            continue
        hz = system.fmax_hz
        rows.append(
            [
                f"`{rung.name}`",
                f"{hz / 1e6:.1f}",
                *(_ms(ladder.ideal[rung.name, m], hz) for m in ladder.models),
            ]
        )
    note = (
        f"Cycles on board `sim` by the clock that the system on `{_ECP5.board}` ({_ECP5.title}) "
        "reaches: what the logic allows, before memory has its say.\n"
    )
    header = ["rung", "MHz", *ladder.models]
    return [*_table("Milliseconds of one inference", header, rows), note]


def _up5k(ladder: Ladder) -> list[str]:
    if not ladder.up5k:
        return []
    board = find_board(_UP5K.board)
    rows = []
    for rung in ladder.rungs:
        found = ladder.up5k[rung.name]
        if isinstance(found, Refusal):
            rows.append([f"`{rung.name}`", found.reason, "", ""])
            continue
        cycles = found.total_cycles
        reached = "yes" if cycles <= UP5K_BAR[UP5K_MODEL] else "no"
        rows.append([f"`{rung.name}`", f"{cycles:,}", f"{found.milliseconds:,.0f}", reached])
    profile = next((p for p in ladder.up5k.values() if isinstance(p, Profile)), None)
    memory = f", {profile.memory.note}" if profile is not None else ""
    published = [
        f"- {mark.title}: {_millions(mark.cycles[UP5K_MODEL])} cycles; {mark.source}"
        for mark in UP5K_MARKS
    ]
    bar = _millions(UP5K_BAR[UP5K_MODEL])
    title = f"{UP5K_MODEL} on {_UP5K.title}"
    header = ["rung", "cycles", f"ms at {board.sys_clk_hz / 1e6:g} MHz", f"reaches {bar}"]
    return [
        *_table(title, header, rows),
        f"Board `{board.name}`, CPU `{board.cpu}`{memory}: the flash has its real timing.\n",
        *published,
        "",
    ]


def _dram(ladder: Ladder) -> list[str]:
    rungs = list(dict.fromkeys(rung for rung, _ in ladder.dram))
    rows = [
        [
            model,
            *(
                f"{profile.total_cycles:,} ({profile.milliseconds:,.2f} ms)"
                for rung in rungs
                for profile in (ladder.dram[rung, model],)
            ),
        ]
        for model in ladder.models
    ]
    profile = next(iter(ladder.dram.values()))
    note = (
        f"The fastest rungs on board `{DRAM_BOARD}`: {profile.memory.note}, with the DRAM's "
        f"timing; milliseconds at the board's {profile.clock_hz / 1e6:g} MHz, which no place and "
        "route has confirmed here.\n"
    )
    title = "With the wait states of DRAM"
    return [*_table(title, ["model", *(f"`{rung}`" for rung in rungs)], rows), note]


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
        lines += _table(f"Layers of {model}: {summary}", header, rows)
    return lines


def _table(
    title: str, header: Sequence[str], rows: Sequence[Sequence[str]], *, right: int = 1
) -> list[str]:
    """Return a section of a table, of which columns from `right` on are numbers."""
    rule = ["---:" if right and index >= right else "---" for index in range(len(header))]
    return [f"## {title}\n", *(f"| {' | '.join(row)} |" for row in (header, rule, *rows)), ""]


def _used(report: SynthReport, *kinds: ResourceKind) -> str:
    """Return how much is used of the first kind there is, by cell if it has several."""
    for kind in kinds:
        found = [each for each in report.resources if each.kind is kind]
        used = [each for each in found if each.used] or found[:1]
        if used:
            several = len(found) > 1
            return ", ".join(f"{e.used:,} {e.cell}" if several else f"{e.used:,}" for e in used)
    return ""


def _megahertz(report: SynthReport) -> str:
    return f"{report.fmax_hz / 1e6:.1f}" if report.fmax_hz is not None else "not placed"


def _ms(profile: Profile, hz: float) -> str:
    return f"{profile.total_cycles / hz * 1e3:,.2f}"


def _millions(cycles: int | None) -> str:
    return "" if cycles is None else f"{cycles / 1e6:,.4g} M"
