"""The names that a designer knows registers and clocks by."""

from __future__ import annotations

__all__ = ["SignalNames"]

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from soc.synthesis.netlist import Part, part_of, read_top_module

# What Yosys and nextpnr append to the name of a wire to name a cell or a net.
_CELL_SUFFIX = re.compile(
    r"(_(SB_[A-Z]|TRELLIS_|LUT4|CCU2C|PFUMX|L6MUX21|DP16KD|MULT18X18D)\w*)?(\$\w+|_(DFF|CARRY_\w+)?LC)*\Z"
)
_PACKED = re.compile(r"(\$\w+|_(DFF)?LC|_DSP|_RAM)\Z")
_PROMOTED = re.compile(r"\A\$glbnet\$|(\$(SB|TRELLIS)_IO_IN)?(_?\$glb_clk)?\Z")
_OUTPUTS = frozenset({"Q", "O", "Z", "F", "RDATA", "DATAOUT", "S0", "S1", "COUT"})


class SignalNames:
    """Names of signals in a synthesized design.

    A net has as many names as there are modules that it passes through; after flattening, any of
    them may be the one that tools call it by.

    Parameters
    ----------
    netlist
        Yosys' JSON.
    """

    def __init__(self, netlist: Path) -> None:
        module = read_top_module(netlist)
        self._cells: Mapping[str, Any] = module["cells"]
        self._bits: dict[str, list[object]] = {
            name: net["bits"] for name, net in module["netnames"].items()
        }
        self._aliases: dict[object, list[str]] = defaultdict(list)
        for name, bits in self._bits.items():
            for bit in bits:
                self._aliases[bit].append(name)

    def clock(self, net: str, *, known: Iterable[str]) -> str:
        """Return the name of a clock: one that is known, or else one of the top level's own."""
        name = _PROMOTED.sub("", net)
        aliases = {alias for bit in self._bits.get(name, ()) for alias in self._aliases[bit]}
        wanted = [alias for alias in known if alias in aliases]
        own = sorted((a for a in aliases if "." not in a and "$" not in a), key=_plainness)
        return (wanted or own or [name])[0]

    def register(self, cell: str, part: Part) -> str:
        """Return the name of the signal that a cell makes, as the part it is in calls it."""
        fallback = _CELL_SUFFIX.sub("", cell)
        found = self._cells.get(cell) or self._cells.get(_PACKED.sub("", cell))
        if found is None:
            return fallback
        bits = {
            bit
            for port, connected in found["connections"].items()
            if port in _OUTPUTS
            for bit in connected
        }
        aliases = {
            alias
            for bit in bits
            for alias in self._aliases[bit]
            if part_of(alias) is part and _CELL_SUFFIX.sub("", alias) == alias
        }
        return min(aliases, key=_plainness, default=fallback)


def _plainness(name: str) -> tuple[int, int, str]:
    """Order names: those without generated words first, then the shorter."""
    return (name.count("$") + name.count("_zz_"), len(name), name)
