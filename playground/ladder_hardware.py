"""The ladder's sections on FPGAs: area, speed, and the smallest of them."""

from __future__ import annotations

__all__ = ["area_sections", "time_section", "up5k_section"]

from boards import find_board
from playground.design import NO_CFU
from playground.ladder import ECP5, FPGAS, UP5K, UP5K_MODEL, Fpga, Ladder, Refusal
from playground.ladder_marks import UP5K_BAR, UP5K_MARKS
from playground.markdown import millions, table_section
from profiles import Profile
from soc.synthesis import ResourceKind, SynthReport

_CELLS = (ResourceKind.LOGIC_CELLS, ResourceKind.LUT)


def area_sections(ladder: Ladder) -> list[str]:
    """Return what each CFU takes of each FPGA, and how fast it is."""
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
        lines += table_section(f"Area and speed, {fpga.title}", header, rows)
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
            own = system.cpu in (None, find_board(fpga.board).cpu)
            cpu = "" if own else f" with CPU `{system.cpu}`"
            cells += [_used(system, *_CELLS) + cpu, _megahertz(system) + missed]
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


def time_section(ladder: Ladder) -> list[str]:
    """Return how long an inference takes at the clock that the ECP5 system reaches."""
    rows = []
    for rung in ladder.rungs:
        system = ladder.systems[rung.cfu, ECP5.board]
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
        f"Cycles on board `sim` by the clock that the system on `{ECP5.board}` ({ECP5.title}) "
        "reaches: what the logic allows, before memory has its say.\n"
    )
    header = ["rung", "MHz", *ladder.models]
    return [*table_section("Milliseconds of one inference", header, rows), note]


def up5k_section(ladder: Ladder) -> list[str]:
    """Return the ladder of one model on the smallest FPGA, code and weights in flash at first."""
    if not ladder.up5k:
        return []
    board = find_board(UP5K.board)
    rows = []
    for rung in ladder.rungs:
        found = ladder.up5k[rung.name]
        if isinstance(found, Refusal):
            rows.append([f"`{rung.name}`", found.reason, "", "", "", ""])
            continue
        system = ladder.systems[rung.cfu, board.name]
        megahertz = _megahertz(system) if isinstance(system, SynthReport) else ""
        cycles = found.total_cycles
        reached = "yes" if cycles <= UP5K_BAR[UP5K_MODEL] else "no"
        rows.append(
            [
                f"`{rung.name}`",
                f"{cycles:,}",
                f"`{found.cpu}`",
                megahertz,
                f"{found.milliseconds:,.0f}",
                reached,
            ]
        )
    profile = next((p for p in ladder.up5k.values() if isinstance(p, Profile)), None)
    memory = f", {profile.memory.note}" if profile is not None else ""
    published = [
        f"- {mark.title}: {millions(mark.cycles[UP5K_MODEL])} cycles; {mark.source}"
        for mark in UP5K_MARKS
    ]
    bar = millions(UP5K_BAR[UP5K_MODEL])
    title = f"{UP5K_MODEL} on {UP5K.title}"
    header = ["rung", "cycles", "CPU", "system's MHz", f"ms at {board.sys_clk_hz / 1e6:g} MHz"]
    header.append(f"reaches {bar}")
    note = (
        f"Board `{board.name}`{memory}: the flash has its real timing. "
        f"Where a CFU does not fit beside the board's own CPU, `{UP5K.smaller_cpu}` was taken.\n"
    )
    return [
        *table_section(title, header, rows),
        note,
        *published,
        "",
    ]


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
