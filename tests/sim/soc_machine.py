"""What programs for a whole SoC must leave in memory, as far as it does not depend on time."""

from __future__ import annotations

__all__ = ["TIMELESS_KINDS", "SocMachine"]

from dataclasses import dataclass, field

from tests.sim.riscv import Machine
from tests.sim.soc_code import EXIT, LAYER_END
from tests.sim.soc_programs import SocProgram

# Kinds of programs that read neither counters nor the UART.
TIMELESS_KINDS = (
    "alu",
    "branches",
    "loads",
    "stores",
    "mixed_memory",
    "mul_div",
    "cfu",
    "self_modifying",
)

_MEMORY_BYTES = 16 << 20
_WORD = 0xFFFFFFFF
_SCRATCH = 0xF0000004
_MRET = 0x30200073


@dataclass
class SocMachine(Machine):
    """Executes programs of `soc_programs`, with the CFU of `random_cfu.v`.

    Attributes
    ----------
    copies
        Of memory, as each sequence ends.
    scratch
        LiteX's scratch register.
    commands
        That the CFU has had.
    path
        Address of each instruction that was executed.
    """

    program: SocProgram | None = None
    csrs: dict[int, int] = field(default_factory=dict)
    copies: list[bytes] = field(default_factory=list)
    scratch: int = 0x12345678
    commands: int = 0
    path: list[int] = field(default_factory=list)

    @classmethod
    def executing(cls, program: SocProgram, *, limit: int = 2_000_000) -> SocMachine:
        """Return a machine that has executed a program to its end."""
        machine = cls(bytearray(_MEMORY_BYTES), pc=0x4000_0000, program=program)
        for address, content in program.contents.items():
            start = address & (_MEMORY_BYTES - 1)
            machine.memory[start : start + len(content)] = content
        while machine.step():
            assert machine.executed < limit, "the program does not end"
        return machine

    def step(self) -> bool:
        """Execute an instruction; tell whether the program goes on."""
        self.path.append(self.pc)
        return super().step()

    def _store(self, address: int, size: int, value: int) -> bool:
        if address < 0xF0000000:
            return super()._store(address, size, value)
        if address != _SCRATCH:
            return True
        self.scratch = value
        if value >> 24 == LAYER_END:
            assert self.program is not None
            self.copies.append(
                b"".join(
                    self.memory[at & (_MEMORY_BYTES - 1) :][:count]
                    for at, count in self.program.copies
                )
            )
        return value >> 24 != EXIT

    def _load(self, funct3: int, address: int) -> int:
        if address < 0xF0000000:
            return super()._load(funct3, address)
        assert address == _SCRATCH, f"no register at {address:#010x} is known"
        return self.scratch

    def _control(self, word: int, source: int) -> int:
        number, funct3 = word >> 20, word >> 12 & 7
        operand = word >> 15 & 31 if funct3 & 4 else source
        before = self.csrs.get(number, 0)
        after = {1: operand, 2: before | operand, 3: before & ~operand}[funct3 & 3]
        self.csrs[number] = after & _WORD
        return before

    def _cfu(self, funct7: int, funct3: int, a: int, b: int) -> int:
        commands, self.commands = self.commands, self.commands + 1
        match funct3:
            case 1:
                self.cfu_sum = (self.cfu_sum + a * b) & _WORD
                return self.cfu_sum
            case 2:
                result, self.cfu_last = self.cfu_last, a ^ b
                return result
            case 4:
                return a - b
            case 5:
                return a * funct7 + b
            case 6:
                return commands
            case 7:
                return a & b
            case _:
                return super()._cfu(funct7, funct3, a, b)
