"""FPGAs by the names that LiteX gives them, and what the tools must be told of each."""

from __future__ import annotations

__all__ = ["CellType", "Device", "Family", "find_device"]

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from soc.synthesis.report import ResourceKind
from toolchain import PlaygroundError


@dataclass(frozen=True)
class CellType:
    """Cells of a netlist that are a resource.

    Attributes
    ----------
    name
        As the resource is called in reports.
    pattern
        Regular expression for the whole name of the cells' type.
    """

    kind: ResourceKind
    name: str
    pattern: str


@dataclass(frozen=True)
class Family:
    """FPGAs that are synthesized for in the same way.

    Attributes
    ----------
    name
        As nextpnr has it.
    synthesis
        Yosys' command.
    synthesized
        Counted after synthesis.
    placed
        Counted after routing; empty for a family that is only synthesized.
    constraints
        nextpnr's option for the file of pins and clocks.
    layout
        nextpnr's option for the file it writes.
    """

    name: str
    title: str
    synthesis: str
    synthesized: tuple[CellType, ...]
    placed: tuple[CellType, ...] = ()
    constraints: str = ""
    layout: str = ""


_KIND = ResourceKind

# Yosys 0.70 takes ABC9 for both without being told. Carries share a logic cell with a LUT.
_ICE40 = Family(
    name="ice40",
    title="iCE40",
    synthesis="synth_ice40 -dsp",
    synthesized=(
        CellType(_KIND.LUT, "SB_LUT4", "SB_LUT4"),
        CellType(_KIND.FF, "SB_DFF", r"SB_DFF\w*"),
    ),
    placed=(
        CellType(_KIND.LOGIC_CELLS, "ICESTORM_LC", "ICESTORM_LC"),
        CellType(_KIND.BRAM, "ICESTORM_RAM", "ICESTORM_RAM"),
        CellType(_KIND.DSP, "ICESTORM_DSP", "ICESTORM_DSP"),
        CellType(_KIND.SPRAM, "ICESTORM_SPRAM", "ICESTORM_SPRAM"),
    ),
    constraints="--pcf",
    layout="--asc",
)
_ECP5 = Family(
    name="ecp5",
    title="ECP5",
    synthesis="synth_ecp5",
    synthesized=(CellType(_KIND.LUT, "LUT4", "LUT4"),),
    placed=(
        CellType(_KIND.LOGIC_CELLS, "TRELLIS_COMB", "TRELLIS_COMB"),
        CellType(_KIND.FF, "TRELLIS_FF", "TRELLIS_FF"),
        CellType(_KIND.BRAM, "DP16KD", "DP16KD"),
        CellType(_KIND.DSP, "MULT18X18D", "MULT18X18D"),
    ),
    constraints="--lpf",
    layout="--textcfg",
)
_XILINX7 = Family(
    name="xilinx7",
    title="Xilinx 7",
    synthesis="synth_xilinx -flatten -abc9 -arch xc7",
    synthesized=(
        CellType(_KIND.LUT, "LUT1-LUT6", r"LUT[1-6]|INV"),
        CellType(_KIND.LUT, "LUT as memory", r"RAM\d+\w+|SRL\w+"),
        CellType(_KIND.FF, "FD*", r"FD[RSCP]E(_1)?|LD[CP]E"),
        CellType(_KIND.BRAM, "RAMB36E1", "RAMB36E1"),
        CellType(_KIND.BRAM, "RAMB18E1", "RAMB18E1"),
        CellType(_KIND.DSP, "DSP48E1", "DSP48E1"),
    ),
)

# Xilinx DS180, "7 Series FPGAs Data Sheet: Overview", table of the Artix-7 family: LUTs are four,
# flip-flops eight a slice; a RAMB36 is two RAMB18.
_XILINX7_CAPACITY: Mapping[str, Mapping[str, int]] = MappingProxyType(
    {
        "xc7a35t": {"LUT1-LUT6": 20_800, "LUT as memory": 9_600, "FD*": 41_600, "RAMB36E1": 50,
                    "RAMB18E1": 100, "DSP48E1": 90},
        "xc7a100t": {"LUT1-LUT6": 63_400, "LUT as memory": 19_000, "FD*": 126_800,
                     "RAMB36E1": 135, "RAMB18E1": 270, "DSP48E1": 240},
    }
)  # fmt: skip

_ECP5_SERIES = {"U": "", "UM": "um-", "UM5G": "um5g-"}
_ECP5_PACKAGES = {
    "144": "TQFP144",
    "256": "CABGA256",
    "285": "CSFBGA285",
    "381": "CABGA381",
    "554": "CABGA554",
    "756": "CABGA756",
}


@dataclass(frozen=True)
class Device:
    """One FPGA.

    Attributes
    ----------
    name
        LiteX's.
    options
        What nextpnr must be told of it.
    capacity
        What it has of each resource, by `CellType.name`, where nextpnr does not say.
    """

    name: str
    family: Family
    options: tuple[str, ...] = ()
    capacity: Mapping[str, int] = field(default_factory=dict)


def find_device(name: str) -> Device:
    """Return the FPGA of LiteX's name: "ice40-up5k-sg48", "LFE5U-25F-8MG285C", "xc7a35ticsg324-1L".

    A Xilinx 7 part whose capacity is not known is accepted, with an empty `capacity`.

    Raises
    ------
    PlaygroundError
        If it is of a family that cannot be synthesized for.
    """
    if found := re.fullmatch(r"ice40-(\w+)-([\w:]+)", name):
        return Device(name, _ICE40, (f"--{found[1]}", "--package", found[2]))
    if found := re.fullmatch(r"LFE5(UM5G|UM|U)-(\d+)F-([678])\w*?(\d{3})\w*", name, re.IGNORECASE):
        series, size, speed, pins = found.groups()
        size_option = f"--{_ECP5_SERIES[series.upper()]}{size}k"
        package = _ECP5_PACKAGES.get(pins)
        if package is not None:
            return Device(name, _ECP5, (size_option, "--package", package, "--speed", speed))
    if found := re.match(r"xc7[a-z]\d+t?", name):
        return Device(name, _XILINX7, capacity=_XILINX7_CAPACITY.get(found[0], {}))
    raise PlaygroundError(
        f"the device `{name}` cannot be synthesized for",
        hint="what can be are iCE40, ECP5 and, up to its area, Xilinx 7",
    )
