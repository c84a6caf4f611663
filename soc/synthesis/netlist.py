"""Counting the cells of a netlist by the part of the system they are in.

The design is flattened, since optimization across the borders of CPU, CFU and SoC saves cells. A
cell belongs to the part whose source file its attribute `src` names, as those of registers,
adders and DSP blocks do. Cells that optimization makes anew, such as most LUTs, have none; Yosys'
`autoname` names them after the nearest wire that has a name, which begins with the path of
instances, so that logic at a border belongs to the side whose signal it makes. Cells that nextpnr
adds to feed a chain of carries belong to the part whose cells they feed, other ones of its own to
the SoC. Each cell is counted once: the parts add up to the total.
"""

from __future__ import annotations

__all__ = ["CFU_DIRECTORY", "CPU_DIRECTORY", "Part", "count_cells", "part_of", "readable_name"]

import enum
import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from soc.synthesis.device import CellType
from soc.synthesis.report import Split


class Part(enum.StrEnum):
    """A part of the system; the value is how it is shown."""

    SOC = "SoC"
    CPU = "CPU"
    CFU = "CFU"


CPU_DIRECTORY = "cpu"
"""Where the sources of the CPU are when Yosys reads them; those of the SoC are in none."""
CFU_DIRECTORY = "cfu"
"""Where those of the CFU are."""

_DIRECTORIES = {CPU_DIRECTORY: Part.CPU, CFU_DIRECTORY: Part.CFU}
_INSTANCES = {"VexRiscv": Part.CPU, "Cfu": Part.CFU}
_ANONYMOUS = ("$nextpnr", "$PACKER")
_OUTPUTS = frozenset({"O", "COUT", "LO", "F", "FCO", "F0", "F1", "Q"})
# What `autoname` and nextpnr append to the name of a wire.
_SUFFIX = re.compile(
    r"(_SB_[A-Z]|_TRELLIS_|_(LUT4|CCU2C|PFUMX|L6MUX21|DP16KD|MULT18X18D|FD[RSCP]E)(_|\Z)).*|(_DFF)?_?LC\Z"
)


def part_of(cell: str) -> Part:
    """Return the part of the system that a cell or a net belongs to by its name."""
    return _INSTANCES.get(cell.removeprefix("$glbnet$").partition(".")[0], Part.SOC)


def _part_of_source(cell: Mapping[str, Any]) -> Part | None:
    """Return the part whose source a cell comes from, if it says so and it is one of ours."""
    for place in str(cell.get("attributes", {}).get("src", "")).split("|"):
        directory, slash, _ = place.rpartition(":")[0].partition("/")
        if place and not place.startswith("/"):
            return _DIRECTORIES.get(directory, Part.SOC) if slash else Part.SOC
    return None


def readable_name(cell: str) -> str:
    """Return the name of the signal that a cell's name is derived from."""
    return _SUFFIX.sub("", cell) or cell


def count_cells(netlist: Path, types: Iterable[CellType]) -> Mapping[str, Split]:
    """Count the cells of a netlist that Yosys or nextpnr wrote as JSON.

    Parameters
    ----------
    types
        What to count.

    Returns
    -------
    mapping
        From `CellType.name` to the number of cells in each part of the system.
    """
    cells = _top_cells(json.loads(netlist.read_bytes()))
    patterns = {each.name: re.compile(each.pattern) for each in types}
    counted = [name for name, cell in cells.items() if not cell["type"].startswith("$")]
    parts = _parts(cells, counted)
    counts: dict[str, Counter[Part]] = defaultdict(Counter)
    for name in counted:
        for label, pattern in patterns.items():
            if pattern.fullmatch(cells[name]["type"]):
                counts[label][parts[name]] += 1
    return {
        label: Split(
            soc=counts[label][Part.SOC], cpu=counts[label][Part.CPU], cfu=counts[label][Part.CFU]
        )
        for label in patterns
    }


def _top_cells(content: Mapping[str, Any]) -> Mapping[str, Any]:
    modules = content["modules"]
    top = next(
        (m for m in modules.values() if int(str(m.get("attributes", {}).get("top", "0")), 2)),
        None,
    )
    if top is None:
        top = max(modules.values(), key=lambda module: len(module["cells"]))
    cells: Mapping[str, Any] = top["cells"]
    return cells


def _parts(cells: Mapping[str, Any], names: Iterable[str]) -> Mapping[str, Part]:
    parts = {name: _part_of_source(cells[name]) or part_of(name) for name in names}
    anonymous = [name for name in parts if name.startswith(_ANONYMOUS)]
    if not anonymous:
        return parts
    fed: dict[int, set[Part]] = defaultdict(set)
    for name, part in parts.items():
        if name not in anonymous:
            for bits in cells[name]["connections"].values():
                for bit in bits:
                    fed[bit].add(part)
    for name in anonymous:
        outputs = (
            bit
            for port, bits in cells[name]["connections"].items()
            if port in _OUTPUTS
            for bit in bits
        )
        reached = set().union(*(fed.get(bit, set()) for bit in outputs))
        if len(reached) == 1:
            parts[name] = reached.pop()
    return parts
