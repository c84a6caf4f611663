"""SpinalHDL's Verilog as a list of items that can be replaced.

SpinalHDL writes one construct in one shape: a signal has one declaration on a line of its own and
one driver, which is an `assign`, an `always @(*)` block of that signal alone, an instance's port,
or statements in the two clocked blocks. Nothing more of Verilog is understood here, and what has
another shape is refused.
"""

from __future__ import annotations

__all__ = ["Netlist", "replace_each", "without_simulation_aids"]

import re
from collections.abc import Mapping

_DECLARATION = re.compile(
    r"^  (?:\(\*.*?\*\) )?(?P<kind>input|output reg|output|wire|reg) +(?:\[\d+:\d+\] +)?"
    r"(?P<name>\w+)(?: /\*.*?\*/ ?)?[;,]?$"
)
_ASSIGN = re.compile(r"^  assign (?P<name>\w+)(?P<part>\[.*?\])? = .*;$")
_COMB_TARGET = re.compile(r"^ +(?:[\w']+ : )?(?P<name>\w+)(?:\[.*?\])? = ", re.MULTILINE)
_KEEP = re.compile(r"\(\* keep , syn_keep \*\) (.*?) /\* synthesis syn_keep = 1 \*/ ;")
_SIMULATION_ONLY = re.compile(r"^( *)`ifndef SYNTHESIS\n.*?^\1`endif\n", re.MULTILINE | re.DOTALL)


class Netlist:
    """One module, in parts that can be exchanged.

    Parameters
    ----------
    text
        From `module` to `endmodule`, as SpinalHDL writes it, `without_simulation_aids`.

    Raises
    ------
    ValueError
        If a part has an unknown shape.
    """

    def __init__(self, text: str) -> None:
        self._items = _split(text)
        self._declared: dict[str, int] = {}
        self._driven: dict[str, int] = {}
        for index, item in enumerate(self._items):
            declaration = _DECLARATION.match(item)
            if declaration is not None:
                self._declared[declaration["name"]] = index
            for name in _driven_names(item):
                if name in self._driven and self._driven[name] != index:
                    raise ValueError(f"`{name}` is driven twice")
                self._driven[name] = index

    @property
    def text(self) -> str:
        """The module with the changes made so far."""
        return "\n".join(item for item in self._items if item) + "\n"

    def drive(self, drivers: Mapping[str, str]) -> None:
        """Replace what drives signals.

        Parameters
        ----------
        drivers
            An expression for each signal that had a combinational driver, or none.

        Raises
        ------
        ValueError
            If there is no such signal.
        """
        for name, expression in drivers.items():
            if name in self._driven:
                self._items[self._driven[name]] = ""
            self._assign(name, expression)

    def hold(self, registers: Mapping[str, str]) -> None:
        """Make registers constant.

        Parameters
        ----------
        registers
            An expression for each register, mostly a constant.

        Raises
        ------
        ValueError
            If one of them is no register.
        """
        for name, expression in registers.items():
            statement = re.compile(rf"^ +{name}(?:\[.*?\])? <= .*;\n", re.MULTILINE)
            found = 0
            for index, item in enumerate(self._items):
                if item.startswith("  always @(posedge clk)"):
                    self._items[index], count = statement.subn("", item)
                    found += count
            if not found:
                raise ValueError(f"`{name}` is no register")
            self._assign(name, expression)

    def replace(self, old: str, new: str) -> None:
        """Replace a text that occurs once.

        Raises
        ------
        ValueError
            If it occurs never or more than once.
        """
        holders = [index for index, item in enumerate(self._items) if old in item]
        if len(holders) != 1 or self._items[holders[0]].count(old) != 1:
            raise ValueError(f"`{old}` occurs in {len(holders)} places")
        self._items[holders[0]] = self._items[holders[0]].replace(old, new)

    def remove_instance(self, name: str) -> None:
        """Take out the instance of a submodule; its outputs are left without drivers.

        Raises
        ------
        ValueError
            If there is none of that name.
        """
        pattern = re.compile(rf"  \w+ {name} \(")
        holders = [index for index, item in enumerate(self._items) if pattern.match(item)]
        if len(holders) != 1:
            raise ValueError(f"there are {len(holders)} instances `{name}`")
        self._items[holders[0]] = ""

    def add(self, text: str) -> None:
        """Add declarations and logic at the end of the module."""
        self._items.insert(-1, text.rstrip("\n"))

    def _assign(self, name: str, expression: str) -> None:
        if name not in self._declared:
            raise ValueError(f"there is no signal `{name}`")
        index = self._declared[name]
        self._items[index] = (
            self._items[index]
            .replace("  output reg ", "  output     ")
            .replace("  reg  ", "  wire ", 1)
        )
        self.add(f"  assign {name} = {expression};")


def without_simulation_aids(text: str) -> str:
    """Return Verilog without strings that name states, and without attributes against pruning.

    What a core does not need is removed by making it unused; it must not be kept for its name.
    """
    return _KEEP.sub(r"\1;", _SIMULATION_ONLY.sub("", text))


def replace_each(text: str, replacements: Mapping[str, str]) -> str:
    """Return a text with every occurrence of some parts replaced, all at once.

    Where two parts begin at the same place, the longer one counts.

    Raises
    ------
    ValueError
        If one of the parts does not occur.
    """
    seen: set[str] = set()

    def replacement(match: re.Match[str]) -> str:
        seen.add(match.group())
        return replacements[match.group()]

    parts = sorted(replacements, key=len, reverse=True)
    replaced = re.sub("|".join(map(re.escape, parts)), replacement, text)
    if len(seen) != len(parts):
        raise ValueError(f"{sorted(set(parts) - seen)} do not occur")
    return replaced


def _split(text: str) -> list[str]:
    """Return the module's items: lines, or blocks with everything that belongs to them."""
    items: list[str] = []
    block: list[str] = []
    for line in text.rstrip("\n").split("\n"):
        if block:
            block.append(line)
            if line in ("  end", "  );"):
                items.append("\n".join(block))
                block = []
        elif line.startswith("  always @") or re.match(r"  \w+ \w+ \($", line):
            block = [line]
        else:
            items.append(line)
    if block:
        raise ValueError(f"no end of `{block[0]}`")
    return items


def _driven_names(item: str) -> set[str]:
    """Return the signals that an item drives combinationally, bit by bit or as a whole."""
    assign = _ASSIGN.match(item)
    if assign is not None:
        return {assign["name"]}
    if item.startswith("  always @(*) begin\n"):
        names = {target["name"] for target in _COMB_TARGET.finditer(item)}
        if len(names) != 1:
            raise ValueError(f"a block drives {len(names)} signals: {sorted(names)}")
        return names
    return set()
