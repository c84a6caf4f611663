"""With which commands a CFU was driven: each instruction how often, and with which operands."""

from __future__ import annotations

__all__ = ["CORNERS", "UNKNOWN", "CommandCoverage"]

from collections import Counter
from collections.abc import Mapping

from gateware.spec import CfuSpec

CORNERS = (
    0,
    1,
    0x7F,
    0x80,
    0xFF,
    0x7F7F7F7F,
    0x80808080,
    0x7FFFFFFF,
    0x80000000,
    0xFFFFFFFF,
)
"""Operands at which arithmetic of bytes and of words is likely to go wrong."""

UNKNOWN = "(unknown)"
"""What stands for an instruction's name where a function id is none's."""


class CommandCoverage:
    """Counts the commands that a CFU accepts.

    Parameters
    ----------
    spec
        Whose instructions are told apart.
    """

    def __init__(self, spec: CfuSpec) -> None:
        self._spec = spec
        self._commands: Counter[str] = Counter()
        self._corners: dict[str, tuple[set[int], ...]] = {
            i.name: tuple(set() for _ in i.operands) for i in spec.instructions
        }

    def count(self, function_id: int, in0: int, in1: int) -> None:
        """Count a command."""
        instruction = self._spec.find(function_id)
        if instruction is None:
            self._commands[UNKNOWN] += 1
            return
        self._commands[instruction.name] += 1
        for seen, operand in zip(self._corners[instruction.name], (in0, in1), strict=False):
            if operand in CORNERS:
                seen.add(operand)

    @property
    def commands(self) -> Mapping[str, int]:
        """Commands of each instruction by its name, and of `UNKNOWN` if there were any."""
        counted = {i.name: self._commands[i.name] for i in self._spec.instructions}
        if self._commands[UNKNOWN]:
            counted[UNKNOWN] = self._commands[UNKNOWN]
        return counted

    @property
    def corners(self) -> Mapping[str, Mapping[str, tuple[int, ...]]]:
        """Which of `CORNERS` each instruction was sent, by its name and by that of the operand."""
        return {
            i.name: {
                operand: tuple(corner for corner in CORNERS if corner in seen)
                for operand, seen in zip(i.operands, self._corners[i.name], strict=True)
            }
            for i in self._spec.instructions
        }
