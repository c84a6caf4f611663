"""Where an instruction sits in the CUSTOM_0 opcode space."""

from __future__ import annotations

__all__ = ["Opcode"]

from dataclasses import dataclass


@dataclass(frozen=True, order=True)
class Opcode:
    """The two function fields of an R-type CUSTOM_0 instruction.

    Attributes
    ----------
    funct3
        Bits 14:12 of the instruction, 0 to 7.
    funct7
        Bits 31:25 of the instruction, 0 to 127.

    Raises
    ------
    ValueError
        If a field is out of its range.
    """

    funct3: int
    funct7: int = 0

    def __post_init__(self) -> None:
        for name, value, limit in (("funct3", self.funct3, 8), ("funct7", self.funct7, 128)):
            if not isinstance(value, int) or not 0 <= value < limit:
                raise ValueError(f"{name} must be an integer from 0 to {limit - 1}, not {value!r}")

    @property
    def function_id(self) -> int:
        """The 10-bit id on the CFU bus: funct7 in bits 9:3, funct3 in bits 2:0."""
        return self.funct7 << 3 | self.funct3

    @classmethod
    def from_function_id(cls, function_id: int) -> Opcode:
        """Return the opcode that a CPU turns into `function_id`."""
        return cls(function_id & 7, function_id >> 3)

    def __str__(self) -> str:
        return f"funct3={self.funct3} funct7={self.funct7}"
