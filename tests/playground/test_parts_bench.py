"""The page of parts, of reports made up for it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from boards import Board
from gateware import CfuArtifact
from gateware.part_examples import PartExample
from gateware.parts.dot_product import DotProduct
from gateware.parts.exponent import Exponent
from gateware.parts.requantizer import Requantizer
from playground.parts_bench import PartBenchmark, measure_parts, parts_json, parts_page
from playground.progress import Silent
from soc.synthesis import (
    Clock,
    DoesNotFit,
    Provenance,
    Resource,
    ResourceKind,
    Split,
    SynthReport,
)
from tests.soc.synthesis.examples import example_report
from toolchain import ArtifactCache


def _report(board: str, counts: Mapping[tuple[ResourceKind, str], int]) -> SynthReport:
    resources = tuple(
        Resource(
            kind=kind,
            cell=cell,
            split=Split(cfu=used),
            available=None,
            provenance=Provenance.SYNTHESIS,
        )
        for (kind, cell), used in counts.items()
    )
    clock = Clock(net="clk", achieved_hz=130.6e6, required_hz=12e6)
    clocks = () if board == "arty_a7_35" else (clock,)
    return example_report(board=board, resources=resources, clocks=clocks)


def _reports() -> dict[str, SynthReport | None]:
    kind = ResourceKind
    return {
        "fomu": None,
        "ulx3s": _report(
            "ulx3s",
            {
                (kind.LOGIC_CELLS, "TRELLIS_COMB"): 1445,
                (kind.LUT, "LUT4"): 293,
                (kind.FF, "TRELLIS_FF"): 570,
                (kind.BRAM, "DP16KD"): 1,
                (kind.DSP, "MULT18X18D"): 4,
            },
        ),
        "arty_a7_35": _report(
            "arty_a7_35",
            {
                (kind.LUT, "LUT1-LUT6"): 274,
                (kind.LUT, "LUT as memory"): 5,
                (kind.FF, "FD*"): 272,
                (kind.BRAM, "RAMB36E1"): 2,
                (kind.BRAM, "RAMB18E1"): 1,
                (kind.DSP, "DSP48E1"): 4,
            },
        ),
    }


def test_the_page_has_a_row_for_each_size() -> None:
    examples = [PartExample(Requantizer), *(PartExample(DotProduct, lanes=n) for n in (4, 8))]
    page = parts_page([PartBenchmark(example, _reports()) for example in examples])
    for text in (
        "Written by `cfu bench parts --write docs/parts.md`; do not edit.",
        "| part | UP5K cells | RAM | DSP | MHz | ECP5 cells | ECP5 FF | RAM | DSP | MHz |",
        "| MHz | Xilinx 7 LUT | Xilinx 7 FF | RAM | DSP |",
        "| `Requantizer` | too large |  |  |  | 1,445 | 570 | 1 | 4 | 131 | 279 | 272 | 5 | 4 |",
        "| `DotProduct(lanes=8)` |",
        "| `Requantizer` | `requantizer.py` | 11 | 1 | Scale, round twice,",
        "| `DotProduct` | `dot_product.py` | 4, 5 |  | Multiply in every lane",
        "- tools: yosys 0.70 (YoWASP), nextpnr-ice40 0.11 (YoWASP)",
    ):
        assert text in page
    columns = {row.count("|") for row in page.splitlines() if row.startswith("| `DotProduct(")}
    assert columns == {15}


def test_a_part_without_a_fixed_latency_tells_none() -> None:
    page = parts_page([PartBenchmark(PartExample(Exponent, integer_bits=5), _reports())])
    assert "| `Exponent` | `exponent.py` |  |  | One exponential after" in page


def test_json_has_the_reports() -> None:
    (values,) = parts_json([PartBenchmark(PartExample(DotProduct, lanes=4), _reports())])
    assert (values["part"], values["settings"]) == ("DotProduct(lanes=4)", {"lanes": 4})
    assert values["file"] == "gateware/parts/dot_product.py"
    assert values["reports"]["fomu"] is None
    assert values["reports"]["ulx3s"]["resources"][0]["split"]["cfu"] == 1445
    json.dumps(values)


def test_parts_are_synthesized_for_each_fpga(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[str, str, int]] = []

    def synthesize(artifact: CfuArtifact, board: Board, **options: Any) -> SynthReport:
        asked.append((artifact.spec.name, board.name, options["ports"]["inputs"][1]))
        if board.name == "fomu":
            raise DoesNotFit("it", "9 DSP of 8 (1 too many)", details="")
        return _report(board.name, {})

    monkeypatch.setattr("playground.parts_bench.synthesize_cfu", synthesize)
    monkeypatch.setattr("playground.parts_bench.board_device", lambda board, cache: board.name)
    told = []

    def progress(subject: str) -> Silent:
        told.append(subject)
        return Silent()

    (found,) = measure_parts(
        [PartExample(DotProduct, lanes=16)], cache=ArtifactCache(tmp_path), progress=progress
    )
    assert asked == [("DotProduct(lanes=16)", b, 128) for b in ("fomu", "ulx3s", "arty_a7_35")]
    assert told[0] == "DotProduct(lanes=16), UP5K"
    assert found.reports["fomu"] is None
    assert found.reports["ulx3s"] is not None
