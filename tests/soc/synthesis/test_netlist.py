from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from soc.synthesis.device import CellType
from soc.synthesis.netlist import (
    Part,
    count_cells,
    part_of,
    parts_of_cells,
    read_top_module,
    top_module,
)
from soc.synthesis.report import ResourceKind, Split
from toolchain import ToolFailed

_LUT = CellType(ResourceKind.LUT, "LUT", r"SB_LUT4|LC")


def _cell(kind: str = "SB_LUT4", src: str = "", **connections: int) -> dict[str, Any]:
    return {
        "type": kind,
        "attributes": {"src": src} if src else {},
        "connections": {port: [bit] for port, bit in connections.items()},
    }


def test_names_tell_the_part() -> None:
    assert part_of("VexRiscv.execute_RS1_SB_LUT4_O") is Part.CPU
    assert part_of("$glbnet$Cfu.cfu.clk") is Part.CFU
    assert part_of("uart_tx_fifo_SB_LUT4_O") is Part.SOC
    assert part_of("VexRiscvish") is Part.SOC


def test_sources_come_before_names() -> None:
    cells = {
        "Cfu.cfu.operand_SB_DFF_Q": _cell(src="cpu/VexRiscv.v:3.1-4.2|/share/ice40/ff_map.v:1.2"),
        "bus_SB_LUT4_O": _cell(src="cfu/my.v:3.1-4.2"),
        "VexRiscv.x": _cell(src="soc.v:12.3"),
        "Cfu.y": _cell(src="/share/ice40/arith_map.v:62.5"),  # none of ours: the name counts
    }
    assert parts_of_cells({"cells": cells}) == {
        "Cfu.cfu.operand_SB_DFF_Q": Part.CPU,
        "bus_SB_LUT4_O": Part.CFU,
        "VexRiscv.x": Part.SOC,
        "Cfu.y": Part.CFU,
    }


def test_what_nextpnr_adds_belongs_to_what_it_feeds() -> None:
    cells = {
        "VexRiscv.adder": _cell("LC", CIN=7),
        "Cfu.adder": _cell("LC", I0=8, I1=9),
        "bus": _cell("LC", I0=9),
        "$nextpnr_ICESTORM_LC_0": _cell("LC", COUT=7, O=3),
        "$nextpnr_ICESTORM_LC_1": _cell("LC", O=8),
        "$PACKER_GND": _cell("LC", O=9),
    }
    assert count_cells({"cells": cells}, [_LUT]) == {"LUT": Split(soc=2, cpu=2, cfu=2)}


def test_each_cell_is_counted_once() -> None:
    cells = {f"Cfu.lut{i}": _cell() for i in range(5)} | {"$scope": _cell("$scopeinfo")}
    cells["Cfu.ff"] = _cell("SB_DFFESR")
    flip_flops = CellType(ResourceKind.FF, "FF", r"SB_DFF\w*")
    counts = count_cells({"cells": cells}, [_LUT, flip_flops])
    assert counts == {"LUT": Split(cfu=5), "FF": Split(cfu=1)}


def test_the_top_module_is_the_marked_or_the_largest() -> None:
    black_box: dict[str, Any] = {"attributes": {"blackbox": "1"}, "cells": {}}
    soc = {"attributes": {"top": f"{1:032b}"}, "cells": {"a": {}}}
    assert top_module({"modules": {"SB_IO": black_box, "soc": soc}}) is soc
    unmarked = {"cells": {"a": {}}}
    assert top_module({"modules": {"SB_IO": black_box, "soc": unmarked}}) is unmarked


def test_a_netlist_that_is_cut_off_is_told(tmp_path: Path) -> None:
    (tmp_path / "whole.json").write_text('{"modules": {"soc": {"cells": {"a": {}}}}}')
    assert read_top_module(tmp_path / "whole.json") == {"cells": {"a": {}}}
    (tmp_path / "cut.json").write_text('{"modules": {"soc": {"cel')
    with pytest.raises(ToolFailed, match=r"`cut.json` ends in the middle") as caught:
        read_top_module(tmp_path / "cut.json")
    assert "space left on the disk" in (caught.value.hint or "")
