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

__all__ = [
    "CFU_DIRECTORY",
    "CPU_DIRECTORY",
    "Part",
    "count_cells",
    "part_of",
    "parts_of_cells",
    "read_top_module",
    "top_module",
]

import enum
import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from soc.synthesis.device import CellType
from soc.synthesis.report import Split
from toolchain import ToolFailed


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


def count_cells(module: Mapping[str, Any], types: Iterable[CellType]) -> Mapping[str, Split]:
    """Count the cells of a flattened design.

    Parameters
    ----------
    module
        The `top_module` of what Yosys or nextpnr wrote.
    types
        What to count.

    Returns
    -------
    mapping
        From `CellType.name` to the number of cells in each part of the system.
    """
    cells = module["cells"]
    patterns = {each.name: re.compile(each.pattern) for each in types}
    parts = parts_of_cells(module)
    counts: dict[str, Counter[Part]] = defaultdict(Counter)
    for name, part in parts.items():
        for label, pattern in patterns.items():
            if pattern.fullmatch(cells[name]["type"]):
                counts[label][part] += 1
    return {
        label: Split(
            soc=counts[label][Part.SOC], cpu=counts[label][Part.CPU], cfu=counts[label][Part.CFU]
        )
        for label in patterns
    }


def read_top_module(path: Path) -> Mapping[str, Any]:
    """Return the top module of a netlist that Yosys or nextpnr wrote as JSON.

    Raises
    ------
    ToolFailed
        If it is not whole, which these tools do not notice on a full disk.
    """
    try:
        return top_module(json.loads(path.read_bytes()))
    except ValueError as error:
        raise ToolFailed(
            f"the netlist `{path.name}` ends in the middle",
            hint=f"is there space left on the disk that holds `{path.parent}`?",
        ) from error


def top_module(content: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the top module of a netlist: the one that is marked, else the largest."""
    modules: Mapping[str, Mapping[str, Any]] = content["modules"]
    top = next(
        (m for m in modules.values() if int(str(m.get("attributes", {}).get("top", "0")), 2)),
        None,
    )
    return top if top is not None else max(modules.values(), key=lambda each: len(each["cells"]))


def parts_of_cells(module: Mapping[str, Any]) -> Mapping[str, Part]:
    """Return the part of the system that each cell of a flattened design belongs to."""
    cells = {n: cell for n, cell in module["cells"].items() if not cell["type"].startswith("$")}
    parts = {name: _part_of_source(cell) or part_of(name) for name, cell in cells.items()}
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
