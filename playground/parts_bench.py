"""The page of parts: what each takes on every kind of FPGA, and how fast it is."""

from __future__ import annotations

__all__ = ["PartBenchmark", "measure_parts", "parts_json", "parts_page"]

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from boards import find_board
from gateware.part_examples import PartExample
from gateware.part_export import part_artifact
from playground.progress import Progress
from soc.synthesis import DoesNotFit, ResourceKind, SynthReport, board_device, synthesize_cfu
from toolchain import ArtifactCache


@dataclass(frozen=True)
class _Fpga:
    """A kind of FPGA, a board that has one, and what is shown of it."""

    title: str
    board: str
    cells: ResourceKind
    has_ff: bool  # counted apart from the cells
    is_placed: bool

    @property
    def columns(self) -> list[str]:
        ff = [f"{self.title} FF"] if self.has_ff else []
        mhz = ["MHz"] if self.is_placed else []
        unit = "cells" if self.cells is ResourceKind.LOGIC_CELLS else "LUT"
        return [f"{self.title} {unit}", *ff, "RAM", "DSP", *mhz]


_FPGAS = (
    _Fpga("UP5K", "fomu", ResourceKind.LOGIC_CELLS, has_ff=False, is_placed=True),
    _Fpga("ECP5", "ulx3s", ResourceKind.LOGIC_CELLS, has_ff=True, is_placed=True),
    _Fpga("Xilinx 7", "arty_a7_35", ResourceKind.LUT, has_ff=True, is_placed=False),
)


@dataclass(frozen=True)
class PartBenchmark:
    """A part of certain sizes.

    Attributes
    ----------
    reports
        Of each board's FPGA by the board's name; `None` where it does not fit.
    """

    example: PartExample
    reports: Mapping[str, SynthReport | None]


def measure_parts(
    examples: Iterable[PartExample],
    *,
    cache: ArtifactCache,
    progress: Callable[[str], Progress],
) -> tuple[PartBenchmark, ...]:
    """Synthesize parts by themselves for every kind of FPGA.

    Parameters
    ----------
    progress
        Called with what is synthesized and for which FPGA.
    """
    found = []
    for example in examples:
        artifact, ports = part_artifact(example)
        reports: dict[str, SynthReport | None] = {}
        for fpga in _FPGAS:
            board = find_board(fpga.board)
            try:
                reports[fpga.board] = synthesize_cfu(
                    artifact,
                    board,
                    device=board_device(board, cache=cache),
                    ports=ports,
                    cache=cache,
                    progress=progress(f"{example.title}, {fpga.title}"),
                )
            except DoesNotFit:
                reports[fpga.board] = None
        found.append(PartBenchmark(example, reports))
    return tuple(found)


def parts_page(benchmarks: Sequence[PartBenchmark]) -> str:
    """Return the Markdown page; it says which tools its numbers come from."""
    reports = [report for each in benchmarks for report in each.reports.values() if report]
    tools = {name: version for report in reports for name, version in report.tools.items()}
    devices = {report.board: report.device for report in reports}
    return "\n".join(
        [
            _HEAD,
            *_table(("part", "file", "latency", "interval", "what it is"), _summaries(benchmarks)),
            _AREA,
            *(f"- {fpga.title}: {devices.get(fpga.board, fpga.board)}" for fpga in _FPGAS),
            f"- tools: {', '.join(f'{name} {version}' for name, version in tools.items())}\n",
            *_table(
                ("part", *(column for fpga in _FPGAS for column in fpga.columns)),
                [_area_row(each) for each in benchmarks],
            ),
        ]
    )


def parts_json(benchmarks: Sequence[PartBenchmark]) -> list[dict[str, Any]]:
    """Return the same as JSON-able values."""
    return [
        {
            "part": each.example.title,
            "file": f"gateware/parts/{each.example.module}.py",
            "settings": dict(each.example.settings),
            "reports": {
                board: report.model_dump(mode="json") if report else None
                for board, report in each.reports.items()
            },
        }
        for each in benchmarks
    ]


_HEAD = """\
# Parts

Written by `cfu bench parts --write docs/parts.md`; do not edit.

What a CFU can be built of: components in `gateware/parts`. Those that compute have a model of their
arithmetic in Python in the same file. All are tested under random stalls in Amaranth's simulator,
and their Verilog under cocotb. A new part's file lists the sizes it is shown with in `EXAMPLES`,
and is on this page the next time that it is written.

`latency` is the cycles from a part's input to its output, `interval` those from one input to the
earliest next, where these are always the same; the text of the part says more.
"""
_AREA = """\
## Area and speed

Each part by itself, between registers that are not counted. Cells are logic cells after placement
(LUT and flip-flop together on UP5K, places for a LUT on ECP5), or for Xilinx 7, which is only
synthesized, LUTs; RAM is blocks of it (on Xilinx 7 counted in RAMB18). The frequency is that of
one placement; between registers near a CPU's expect less.
"""


def _summaries(benchmarks: Sequence[PartBenchmark]) -> list[list[str]]:
    """Return a row for each component, of its first example or of all where they differ."""
    rows: dict[str, list[PartExample]] = {}
    for each in benchmarks:
        rows.setdefault(each.example.component.__name__, []).append(each.example)
    return [
        [
            f"`{name}`",
            f"`{examples[0].module}.py`",
            *(_attribute(examples, attribute) for attribute in ("latency", "interval")),
            examples[0].summary,
        ]
        for name, examples in rows.items()
    ]


def _attribute(examples: Sequence[PartExample], name: str) -> str:
    values = [getattr(example.make(), name, None) for example in examples]
    distinct = dict.fromkeys(str(value) for value in values if value is not None)
    return ", ".join(distinct)


def _table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    numbers = {"part", "file", "what it is"}
    rule = ["---" if column in numbers else "---:" for column in columns]
    return [*(f"| {' | '.join(row)} |" for row in (columns, rule, *rows)), ""]


def _area_row(each: PartBenchmark) -> list[str]:
    row = [f"`{each.example.title}`"]
    for fpga in _FPGAS:
        report = each.reports[fpga.board]
        if report is None:
            row += ["too large", *[""] * (len(fpga.columns) - 1)]
            continue
        row.append(f"{_used(report, fpga.cells):,}")
        if fpga.has_ff:
            row.append(f"{_used(report, ResourceKind.FF):,}")
        row += [str(_used(report, kind)) for kind in (ResourceKind.BRAM, ResourceKind.DSP)]
        if fpga.is_placed:
            row.append(f"{report.fmax_hz / 1e6:.0f}" if report.fmax_hz is not None else "")
    return row


def _used(report: SynthReport, kind: ResourceKind) -> int:
    """Return the cells of a kind; a RAMB36 counts as the two RAMB18 that it takes the place of."""
    return sum(
        resource.used * (2 if resource.cell == "RAMB36E1" else 1)
        for resource in report.resources
        if resource.kind is kind
    )
