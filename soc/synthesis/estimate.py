"""Estimating area from Yosys alone: in seconds, for choosing among many designs.

CPU and CFU are synthesized each by itself and added up, so that a search over both synthesizes
each CPU and each CFU once. What is missing is what optimization saves across their border, and
what placement adds. `synthesize` is the measurement.
"""

from __future__ import annotations

__all__ = ["Area", "capacity_of", "count_area", "estimate_cfu", "estimate_cpu", "estimate_system"]

import json
import re
import shutil
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from gateware import CfuArtifact
from soc.build import HardwareBuild
from soc.cpu import CpuVariant
from soc.synthesis.device import Device
from soc.synthesis.netlist import read_top_module
from soc.synthesis.verilog import Sources, synthesize_netlist
from toolchain import ArtifactCache, Tool, digest

_OWN_FILES = tuple(
    Path(__file__).with_name(name) for name in ("estimate.py", "verilog.py", "netlist.py")
)
_RECORD = "area.json"

# What nextpnr says there is of each, of what `Area` counts: cells, DSP blocks, block RAMs.
_CAPACITY = {
    "up5k": (5_280, 8, 30),
    "12k": (24_288, 28, 56),
    "25k": (24_288, 28, 56),
    "45k": (43_848, 72, 108),
    "85k": (83_640, 156, 208),
}


@dataclass(frozen=True)
class Area:
    """What a design takes of an FPGA.

    Attributes
    ----------
    cells
        iCE40: logic cells; ECP5: LUTs of four inputs, those of carries and of small memories among
        them; Xilinx 7: LUTs.
    dsp
        DSP blocks.
    ram
        Block RAMs, on a Xilinx 7 of 36 Kbit.
    """

    cells: int
    dsp: int
    ram: int

    def __add__(self, other: Area) -> Area:
        return Area(self.cells + other.cells, self.dsp + other.dsp, self.ram + other.ram)

    def __sub__(self, other: Area) -> Area:
        return Area(self.cells - other.cells, self.dsp - other.dsp, self.ram - other.ram)


def capacity_of(device: Device) -> Area | None:
    """Return what an FPGA has, None where that is not known."""
    for option in device.options:
        size = re.sub("^--(um5g-|um-)?", "", option)  # the series does not matter
        if size in _CAPACITY:
            return Area(*_CAPACITY[size])
    if device.capacity:
        has = device.capacity
        return Area(has["LUT1-LUT6"], has["DSP48E1"], has["RAMB36E1"])
    return None


def estimate_cpu(
    cpu: CpuVariant, none: CfuArtifact, device: Device, *, yosys: Tool, cache: ArtifactCache
) -> Area:
    """Return an estimate of the area of a CPU's core with its caches.

    Parameters
    ----------
    none
        The CFU without instructions, which is not synthesized.

    Raises
    ------
    ToolFailed
        If Yosys fails.
    """
    file = cpu.verilog_file(cache)
    sources = Sources(top="VexRiscv", soc={}, cpu={file.name: file.read_text()}, cfu=none)
    return _estimate(sources, device, yosys, cache)


def estimate_cfu(cfu: CfuArtifact, device: Device, *, yosys: Tool, cache: ArtifactCache) -> Area:
    """Return an estimate of the area of a CFU.

    Raises
    ------
    PlaygroundError
        If Yosys does not take its Verilog.
    """
    if not cfu.spec.instructions:
        return Area(0, 0, 0)
    return _estimate(Sources(top="Cfu", soc={}, cpu={}, cfu=cfu), device, yosys, cache)


def estimate_system(
    build: HardwareBuild,
    none: CfuArtifact,
    device: Device,
    *,
    data: Mapping[str, bytes],
    yosys: Tool,
    cache: ArtifactCache,
) -> Area:
    """Return an estimate of the area of a board's whole system without a CFU.

    Parameters
    ----------
    data
        Content of the files that its Verilog fills memories from.

    Raises
    ------
    ToolFailed
        If Yosys fails.
    """
    sources = Sources(
        top="soc",
        soc={build.verilog[0].name: build.verilog[0].read_text()},
        cpu={path.name: path.read_text() for path in build.verilog[1:]},
        cfu=none,
        data=data,
    )
    return _estimate(sources, device, yosys, cache)


def _estimate(sources: Sources, device: Device, yosys: Tool, cache: ArtifactCache) -> Area:
    key = digest(sources, device.family, yosys.identity, _OWN_FILES)

    def produce(directory: Path) -> None:
        # Netlists are large, and only their counts are wanted.
        work = ArtifactCache(directory / "work")
        netlist = synthesize_netlist(sources, device, yosys=yosys, cache=work)
        area = count_area(read_top_module(netlist.path), device)
        shutil.rmtree(work.root)
        (directory / _RECORD).write_text(json.dumps(asdict(area)))

    record = cache.build("area", key, produce) / _RECORD
    return Area(**json.loads(record.read_text()))


def count_area(module: Mapping[str, Any], device: Device) -> Area:
    """Count a netlist's cells as placement will.

    Parameters
    ----------
    module
        The `top_module` of what Yosys wrote.
    """
    cells = module["cells"]
    types = Counter(cell["type"] for cell in cells.values())
    match device.family.name:
        case "ice40":
            return Area(
                cells=_ice40_cells(cells),
                dsp=types["SB_MAC16"],
                ram=sum(types[kind] for kind in types if kind.startswith("SB_RAM40_4K")),
            )
        case "ecp5":
            # A carry is of two LUTs, a memory of 16 x 4 bits of four and two to write it.
            logic = types["LUT4"] + 2 * types["CCU2C"] + 6 * types["TRELLIS_DPR16X4"]
            return Area(logic, dsp=types["MULT18X18D"], ram=types["DP16KD"])
    logic = sum(
        n for kind, n in types.items() if re.fullmatch(r"LUT[1-6]|RAM\d+[MX]\w+|SRL\w+", kind)
    )
    return Area(logic, dsp=types["DSP48E1"], ram=types["RAMB36E1"] + (types["RAMB18E1"] + 1) // 2)


def _ice40_cells(cells: Mapping[str, Any]) -> int:
    """Count logic cells: LUTs, and registers and carries that share none with a LUT."""
    luts = [c["connections"] for c in cells.values() if c["type"] == "SB_LUT4"]
    carries = [c["connections"] for c in cells.values() if c["type"] == "SB_CARRY"]
    registers = [c["connections"] for c in cells.values() if c["type"].startswith("SB_DFF")]
    uses = Counter(
        bit
        for cell in cells.values()
        for port, bits in cell["connections"].items()
        if port not in ("O", "Q", "CO")
        for bit in bits
    )
    made_by_lut = {lut["O"][0] for lut in luts}
    alone = sum(1 for r in registers if r["D"][0] not in made_by_lut or uses[r["D"][0]] > 1)
    added = {tuple(lut[p][0] for p in ("I1", "I2", "I3") if lut.get(p)) for lut in luts}
    chains = sum(1 for c in carries if (c["I0"][0], c["I1"][0], c["CI"][0]) not in added)
    return len(luts) + alone + chains
