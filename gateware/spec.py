"""Descriptions of a CFU that need no hardware at hand."""

from __future__ import annotations

__all__ = ["CfuArtifact", "CfuPorts", "CfuSpec", "InstructionSpec", "VerilogFile"]

import re
from collections.abc import Sequence
from dataclasses import dataclass

from gateware.latency import Latency
from gateware.opcode import Opcode
from gateware.scratchpad_port import check_scratchpad_bytes

_IDENTIFIER = re.compile(r"[a-z][a-z0-9_]*\Z")
# Names that C++, macros of its standard headers or the generated header have taken.
_TAKEN = """
    alignas alignof and and_eq asm assert auto bitand bitor bool break case catch char class compl
    const const_cast constexpr continue decltype default delete do double dynamic_cast else enum
    errno explicit export extern false float for friend goto if inline int long mutable namespace
    new noexcept not not_eq nullptr offsetof op operator or or_eq private protected public publish
    refresh register reinterpret_cast return scratchpad short signed sizeof static static_assert
    static_cast stderr stdin stdout struct switch template this thread_local throw true try typedef
    typeid typename uint32_t union unsigned using virtual void volatile wchar_t while xor xor_eq
"""


@dataclass(frozen=True)
class InstructionSpec:
    """One instruction as the compiler, the disassembler and the tests need it.

    Attributes
    ----------
    name
        A C identifier in lower case.
    funct3, funct7
        Fields of the R-type CUSTOM_0 instruction, 0 to 7 and 0 to 127.
    latency
        When it answers.
    summary
        One line of text; may be empty.
    operands
        Names of the operands it uses, in the order rs1, rs2; the others are sent as 0.
    has_result
        Whether it returns a value; if not, the response is 0.
    """

    name: str
    funct3: int
    funct7: int
    latency: Latency
    summary: str = ""
    operands: tuple[str, ...] = ("in0", "in1")
    has_result: bool = True

    def __post_init__(self) -> None:
        for name in (self.name, *self.operands):
            if not _IDENTIFIER.match(name) or name in _TAKEN.split():
                raise ValueError(
                    f"`{name}` cannot name a C++ function or operand; use lower-case letters, "
                    "digits and underscores, and no word that C++ has taken"
                )
        if len(self.operands) > 2 or len(set(self.operands)) != len(self.operands):
            raise ValueError(
                f"instruction `{self.name}` needs at most two operands of different names, "
                f"not {self.operands}"
            )
        if self.name in self.operands:
            raise ValueError(f"instruction `{self.name}` has an operand of its own name")
        _ = self.opcode  # checks the ranges

    @property
    def opcode(self) -> Opcode:
        """The two function fields together."""
        return Opcode(self.funct3, self.funct7)

    @property
    def function_id(self) -> int:
        """The 10-bit id on the CFU bus."""
        return self.opcode.function_id


@dataclass(frozen=True)
class CfuPorts:
    """What of a CFU the SoC has to know: how it is connected, beside the CPU's instructions.

    Attributes
    ----------
    memory
        Whether it is a master of the bus; see `gateware.memory_port`.
    scratchpad_bytes
        Size of the memory in it that is a slave of the bus; 0 for none. See
        `gateware.scratchpad_port`.
    """

    memory: bool = False
    scratchpad_bytes: int = 0


@dataclass(frozen=True)
class CfuSpec:
    """What software sees of a CFU: its name, its instructions, and sizes that kernels adapt to.

    Attributes
    ----------
    name
        One line of text.
    constants
        Names and values; "input_bytes" becomes `cfu::kInputBytes`, an `int`, in C++.
    memory_port
        Whether it reads and writes memory by itself; see `gateware.memory_port`.
    scratchpad_bytes
        Size of the memory that it shares with the CPU, a power of two, or 0; see
        `gateware.scratchpad_port`.

    Raises
    ------
    ValueError
        If the name is empty or not printable, two instructions have one name or one opcode, a
        constant's name is no identifier or its value no int32, or no scratchpad has that size.
    """

    name: str
    instructions: tuple[InstructionSpec, ...]
    constants: tuple[tuple[str, int], ...] = ()
    memory_port: bool = False
    scratchpad_bytes: int = 0

    def __post_init__(self) -> None:
        if not self.name or not self.name.isprintable():
            raise ValueError(f"a CFU's name must be one line of text, not {self.name!r}")
        check_distinct(self.instructions)
        for name, value in self.constants:
            if not _IDENTIFIER.match(name):
                raise ValueError(f"`{name}` cannot name a constant of a CFU")
            if not -(2**31) <= value < 2**31:
                raise ValueError(f"constant `{name}` is {value}, which is no int32")
        if self.scratchpad_bytes:
            check_scratchpad_bytes(self.scratchpad_bytes)

    @property
    def ports(self) -> CfuPorts:
        """How a SoC connects it."""
        return CfuPorts(self.memory_port, self.scratchpad_bytes)

    def find(self, function_id: int) -> InstructionSpec | None:
        """Return the instruction of a 10-bit function id, if there is one."""
        return next((i for i in self.instructions if i.function_id == function_id), None)


def check_distinct(instructions: Sequence[InstructionSpec]) -> None:
    """Raise ValueError if two instructions have one name or one opcode."""
    by_opcode: dict[Opcode, str] = {}
    names: set[str] = set()
    for instruction in instructions:
        if instruction.opcode in by_opcode:
            raise ValueError(
                f"instructions `{by_opcode[instruction.opcode]}` and `{instruction.name}` have "
                f"the same opcode, {instruction.opcode}"
            )
        if instruction.name in names:
            raise ValueError(f"two instructions are named `{instruction.name}`")
        by_opcode[instruction.opcode] = instruction.name
        names.add(instruction.name)


@dataclass(frozen=True)
class VerilogFile:
    """A Verilog or SystemVerilog source.

    Attributes
    ----------
    name
        File name without directories; the extension tells the language (`.v`, `.sv`, `.vh`).
    text
        Its content.
    """

    name: str
    text: str


@dataclass(frozen=True)
class CfuArtifact:
    """A CFU ready to be put into a system.

    Attributes
    ----------
    spec
        Its instructions.
    verilog
        All sources in one text. Defines module `Cfu` with the ports of `gateware.export.cfu_ports`.
    digest
        Of the specification and the sources; the same for the same CFU everywhere.
    files
        The sources in the order to compile them.
    """

    spec: CfuSpec
    verilog: str
    digest: str
    files: tuple[VerilogFile, ...]
