"""What a CFU computes, in Python."""

from __future__ import annotations

__all__ = ["CfuModel", "Model", "StatelessModel"]

from collections.abc import Callable, Sequence
from typing import Any, Protocol

from gateware.instruction import Instruction


class Model(Protocol):
    """Anything that answers commands as a CFU does, keeping the CFU's state."""

    def execute(self, function_id: int, in0: int, in1: int) -> int:
        """Return the 32-bit response to a command."""
        ...


class CfuModel:
    """A CFU in Python: executes function ids one after the other, keeping the state.

    Parameters
    ----------
    instructions
        Whose `model` is called.
    state
        Handed to each `model`.
    """

    def __init__(self, instructions: Sequence[Instruction], state: Any) -> None:
        self.state = state
        self._instructions = {i.opcode.function_id: i for i in instructions}

    def execute(self, function_id: int, in0: int, in1: int) -> int:
        """Return the 32-bit response to a command; an unknown function id answers 0."""
        instruction = self._instructions.get(function_id)
        if instruction is None:
            return 0
        result = instruction.model(self.state, in0 & 0xFFFFFFFF, in1 & 0xFFFFFFFF)
        return result & 0xFFFFFFFF if instruction.spec.has_result else 0


class StatelessModel:
    """A plain function as a model.

    Parameters
    ----------
    function
        Called with function id and operands.
    """

    def __init__(self, function: Callable[[int, int, int], int]) -> None:
        self._function = function

    def execute(self, function_id: int, in0: int, in1: int) -> int:
        """Return the 32-bit response to a command."""
        return self._function(function_id, in0, in1) & 0xFFFFFFFF
