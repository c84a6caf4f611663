"""The page of boards: what each takes and how fast it is."""

from __future__ import annotations

__all__ = ["SynthBenchmark", "boards_page", "measure_boards", "synth_benchmarks_json"]

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from boards import Board, board_names, find_board
from playground.progress import Progress
from playground.synthesis import HardwareDesign, synthesize_design
from soc.synthesis import Resource, ResourceKind, SynthReport, require_timing
from toolchain import ArtifactCache, wheel_version

_SEEDS = (1, 2, 3, 4)


@dataclass(frozen=True)
class SynthBenchmark:
    """A board's system and the CFU by itself on the board's FPGA."""

    board: Board
    system: SynthReport
    cfu_alone: SynthReport


def measure_boards(
    cfu: str, *, cache: ArtifactCache, progress: Callable[[str], Progress]
) -> tuple[SynthBenchmark, ...]:
    """Synthesize the system of every board that has an FPGA.

    Further placements are tried only where the first one is too slow.

    Parameters
    ----------
    cfu
        Name of a CFU that comes along.
    progress
        Called with a board's name.

    Raises
    ------
    PlaygroundError
        If a board's timing is not met by any of the placements.
    """
    found = []
    for board in filter(lambda b: b.hardware is not None, map(find_board, board_names())):
        design = HardwareDesign(board=board.name, cpu=None, cfu=cfu, cfu_directory=Path())
        told = progress(board.name)
        system = synthesize_design(design, cache=cache, progress=told)
        if system.timing_met is False:
            system = synthesize_design(design, seeds=_SEEDS, cache=cache, progress=told)
        alone = synthesize_design(design, cfu_only=True, cache=cache, progress=told)
        found.append(SynthBenchmark(board, require_timing(system), alone))
    return tuple(found)


def boards_page(benchmarks: Sequence[SynthBenchmark]) -> str:
    """Return the Markdown page; it says which commands and tools its numbers come from."""
    cfu = benchmarks[0].system.cfu
    tools = {
        name: version for each in benchmarks for name, version in each.system.tools.items()
    } | {"litex": wheel_version("litex"), "litex-boards": wheel_version("litex-boards")}
    return "\n".join(
        [
            _HEAD,
            f"- system: `cfu synth --board BOARD --cfu {cfu}`, with the board's own CPU variant",
            f"- CFU alone: `cfu synth --cfu-only --board BOARD --cfu {cfu}`",
            f"- tools: {', '.join(f'{name} {version}' for name, version in tools.items())}",
            *_METHOD,
            *_table("Systems", [_system_row(each) for each in benchmarks], _SYSTEM_COLUMNS),
            *_table("Speed", [_speed_row(each) for each in benchmarks], _SPEED_COLUMNS),
            *_table(f"`{cfu}` alone", [_alone_row(each) for each in benchmarks], _ALONE_COLUMNS),
        ]
    )


def synth_benchmarks_json(benchmarks: Sequence[SynthBenchmark]) -> list[dict[str, Any]]:
    """Return the same as JSON-able values."""
    return [
        {
            "board": each.board.name,
            "system": each.system.model_dump(mode="json"),
            "cfu_alone": each.cfu_alone.model_dump(mode="json"),
        }
        for each in benchmarks
    ]


_HEAD = """\
# Boards

Written by `cfu bench synth --write docs/boards.md`; do not edit.
"""
_METHOD = (
    "- counted after routing by nextpnr, where it supports the FPGA; LUTs, and all of a Xilinx 7,",
    "  by Yosys after synthesis",
    "- logic cells, or LUTs where nothing is placed, are split by source and name: the parts add",
    "  up to the tools' totals, and logic at a border is on the side of the signal it makes",
    "- seconds are a processor's, except `wall s`, which is what one waits with nothing in the",
    "  cache; memory is the largest that any of the tools took; on a machine with two cores, both",
    "  busy with other work too\n",
)
_SYSTEM_COLUMNS = (
    "board", "FPGA", "CPU", "logic cells", "SoC + CPU + CFU", "LUT", "FF", "block RAM", "DSP",
    "SPRAM",
)  # fmt: skip
_SPEED_COLUMNS = (
    "board", "clock", "needed MHz", "reached MHz", "synthesis s", "place and route s", "wall s",
    "MB", "bitstream",
)  # fmt: skip
_ALONE_COLUMNS = ("board", "logic cells", "LUT", "FF", "block RAM", "DSP", "reached MHz", "seconds")


def _table(title: str, rows: Sequence[Sequence[str]], columns: Sequence[str]) -> list[str]:
    rule = ["---", *["---:"] * (len(columns) - 1)]
    return [f"## {title}\n", *(f"| {' | '.join(row)} |" for row in (columns, rule, *rows)), ""]


def _system_row(each: SynthBenchmark) -> list[str]:
    report = each.system
    cells = report.resource(ResourceKind.LOGIC_CELLS) or report.resource(ResourceKind.LUT)
    assert cells is not None  # every FPGA has LUTs
    split = cells.split
    return [
        each.board.name,
        report.device,
        str(report.cpu),
        _counts(report, ResourceKind.LOGIC_CELLS),
        f"{split.soc:,} + {split.cpu:,} + {split.cfu:,}",
        *(
            _counts(report, kind)
            for kind in (
                ResourceKind.LUT,
                ResourceKind.FF,
                ResourceKind.BRAM,
                ResourceKind.DSP,
                ResourceKind.SPRAM,
            )
        ),
    ]


def _speed_row(each: SynthBenchmark) -> list[str]:
    report = each.system
    clock = report.tightest_clock
    yosys, *others = report.tools
    nextpnr = others[0] if others else None
    return [
        each.board.name,
        clock.net if clock is not None else "not placed",
        f"{each.board.sys_clk_hz / 1e6:g}" if clock is None else f"{clock.required_hz / 1e6:g}",
        f"{clock.achieved_hz / 1e6:.2f}" if clock is not None else "",
        f"{report.processor_seconds[yosys]:.0f}",
        f"{report.processor_seconds[nextpnr]:.0f}" if nextpnr is not None else "",
        f"{sum(report.wall_seconds.values()):.0f}",
        f"{max(report.peak_bytes.values()) / 1e6:.0f}",
        "yes" if report.bitstream is not None else "no",
    ]


def _alone_row(each: SynthBenchmark) -> list[str]:
    report = each.cfu_alone
    fmax = report.fmax_hz
    return [
        each.board.name,
        *(
            _counts(report, kind, of=False)
            for kind in (
                ResourceKind.LOGIC_CELLS,
                ResourceKind.LUT,
                ResourceKind.FF,
                ResourceKind.BRAM,
                ResourceKind.DSP,
            )
        ),
        f"{fmax / 1e6:.1f}" if fmax is not None else "",
        f"{sum(report.processor_seconds.values()):.0f}",
    ]


def _counts(report: SynthReport, kind: ResourceKind, *, of: bool = True) -> str:
    """Return what is used of a kind, by cell where the kind has several."""
    found = [resource for resource in report.resources if resource.kind is kind]
    used = [each for each in found if each.used] or found[:1]
    several = len([each for each in report.resources if each.kind is kind]) > 1
    return ", ".join(_count(each, of=of, named=several) for each in used)


def _count(resource: Resource, *, of: bool, named: bool) -> str:
    text = f"{resource.used:,}"
    if of and resource.available is not None:
        text += f" of {resource.available:,}"
    return f"{text} {resource.cell}" if named else text
