"""RV32IM with a CFU, in a few lines: an assembler, and a machine that says what must come out."""

from __future__ import annotations

__all__ = ["MEMORY_BYTES", "UNCACHED", "Machine", "Program"]

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

MEMORY_BYTES = 1 << 18
UNCACHED = 0x90000000
_FINISH = 0x80000000

_WORD = 0xFFFFFFFF


def _signed(value: int, bits: int = 32) -> int:
    value &= (1 << bits) - 1
    return value - (1 << bits) if value >> (bits - 1) else value


def _quotient(a: int, b: int) -> int:
    if b == 0:
        return -1
    return abs(a) // abs(b) * (1 if (a < 0) == (b < 0) else -1)


def _remainder(a: int, b: int) -> int:
    return a if b == 0 else a - b * _quotient(a, b)


# By (funct7, funct3); the factors and operands are 0 to 2**32 - 1.
_OPERATIONS: Mapping[tuple[int, int], Callable[[int, int], int]] = {
    (0, 0): lambda a, b: a + b,
    (32, 0): lambda a, b: a - b,
    (0, 1): lambda a, b: a << (b & 31),
    (0, 2): lambda a, b: int(_signed(a) < _signed(b)),
    (0, 3): lambda a, b: int(a < b),
    (0, 4): lambda a, b: a ^ b,
    (0, 5): lambda a, b: a >> (b & 31),
    (32, 5): lambda a, b: _signed(a) >> (b & 31),
    (0, 6): lambda a, b: a | b,
    (0, 7): lambda a, b: a & b,
    (1, 0): lambda a, b: a * b,
    (1, 1): lambda a, b: _signed(a) * _signed(b) >> 32,
    (1, 2): lambda a, b: _signed(a) * b >> 32,
    (1, 3): lambda a, b: a * b >> 32,
    (1, 4): lambda a, b: _quotient(_signed(a), _signed(b)),
    (1, 5): lambda a, b: _WORD if b == 0 else a // b,
    (1, 6): lambda a, b: _remainder(_signed(a), _signed(b)),
    (1, 7): lambda a, b: a if b == 0 else a % b,
}
_BRANCHES: Mapping[int, Callable[[int, int], bool]] = {
    0: lambda a, b: a == b,
    1: lambda a, b: a != b,
    4: lambda a, b: _signed(a) < _signed(b),
    5: lambda a, b: _signed(a) >= _signed(b),
    6: lambda a, b: a < b,
    7: lambda a, b: a >= b,
}
BASE_OPERATIONS = tuple(key for key in _OPERATIONS if key[0] != 1)
MULTIPLICATIONS = tuple((1, funct3) for funct3 in range(4))
DIVISIONS = tuple((1, funct3) for funct3 in range(4, 8))
BRANCHES = tuple(_BRANCHES)


@dataclass
class Program:
    """Instructions and data, as they are put down one after another.

    Attributes
    ----------
    origin
        Address of the first instruction.
    uncached
        What is to be added to an address for it to be the same place, past the caches; None if
        there is no such place.
    interrupt_lines
        Address of a register that sets them; None if there is none.
    """

    words: list[int] = field(default_factory=list)
    origin: int = 0
    uncached: int | None = UNCACHED
    interrupt_lines: int | None = _FINISH + 4
    _forward: dict[str, list[tuple[int, str]]] = field(default_factory=dict)

    @property
    def here(self) -> int:
        """Bytes before the next instruction."""
        return 4 * len(self.words)

    @property
    def address(self) -> int:
        """Of the next instruction."""
        return self.origin + self.here

    @property
    def image(self) -> bytes:
        assert not self._forward, f"labels without a place: {sorted(self._forward)}"
        return b"".join(word.to_bytes(4, "little") for word in self.words)

    def word(self, value: int) -> None:
        self.words.append(value & _WORD)

    def register(self, funct7: int, funct3: int, rd: int, rs1: int, rs2: int) -> None:
        self.word(funct7 << 25 | rs2 << 20 | rs1 << 15 | funct3 << 12 | rd << 7 | 0x33)

    def cfu(self, funct7: int, funct3: int, rd: int, rs1: int, rs2: int) -> None:
        self.word(funct7 << 25 | rs2 << 20 | rs1 << 15 | funct3 << 12 | rd << 7 | 0x0B)

    def immediate(self, funct3: int, rd: int, rs1: int, value: int, opcode: int = 0x13) -> None:
        self.word((value & 0xFFF) << 20 | rs1 << 15 | funct3 << 12 | rd << 7 | opcode)

    def load(self, funct3: int, rd: int, base: int, offset: int) -> None:
        self.immediate(funct3, rd, base, offset, opcode=0x03)

    def store(self, funct3: int, source: int, base: int, offset: int) -> None:
        self.word(
            (offset >> 5 & 0x7F) << 25
            | source << 20
            | base << 15
            | funct3 << 12
            | (offset & 31) << 7
            | 0x23
        )

    def upper(self, rd: int, value: int, opcode: int = 0x37) -> None:
        self.word((value & 0xFFFFF) << 12 | rd << 7 | opcode)

    def csr(self, funct3: int, rd: int, number: int, source: int) -> None:
        self.word(number << 20 | source << 15 | funct3 << 12 | rd << 7 | 0x73)

    def constant(self, rd: int, value: int) -> None:
        """Load a constant, in two instructions."""
        value &= _WORD
        self.upper(rd, (value + 0x800) >> 12)
        self.immediate(0, rd, rd, value)

    def branch(self, funct3: int, rs1: int, rs2: int, label: str) -> None:
        self._refer(label, "branch")
        self.word(rs2 << 20 | rs1 << 15 | funct3 << 12 | 0x63)

    def branch_back(self, funct3: int, rs1: int, rs2: int, target: int) -> None:
        self.word(rs2 << 20 | rs1 << 15 | funct3 << 12 | 0x63 | _branch(target - self.here))

    def jump(self, rd: int, label: str) -> None:
        self._refer(label, "jump")
        self.word(rd << 7 | 0x6F)

    def label(self, name: str) -> None:
        """Give the next instruction a name that branches and jumps before it go to."""
        for index, kind in self._forward.pop(name, ()):
            distance = self.here - 4 * index
            self.words[index] |= _branch(distance) if kind == "branch" else _jump(distance)

    def fence(self, *, instructions: bool = False) -> None:
        self.word(0x0000100F if instructions else 0x0FF0000F)

    def forget_data(self) -> None:
        """Let the data cache forget everything, if there is one."""
        self.word(0x0000500F)

    def finish(self, scratch: int = 31, status: int = 1) -> None:
        """End the run; what follows is not executed."""
        self.constant(scratch, _FINISH)
        self.immediate(0, 1, 0, status)
        self.store(2, 1, scratch, 0)
        self.word(0x0000006F)

    def _refer(self, label: str, kind: str) -> None:
        self._forward.setdefault(label, []).append((len(self.words), kind))


def _branch(distance: int) -> int:
    return (
        (distance >> 12 & 1) << 31
        | (distance >> 5 & 0x3F) << 25
        | (distance >> 1 & 15) << 8
        | (distance >> 11 & 1) << 7
    )


def _jump(distance: int) -> int:
    return (
        (distance >> 20 & 1) << 31
        | (distance >> 1 & 0x3FF) << 21
        | (distance >> 11 & 1) << 20
        | (distance >> 12 & 0xFF) << 12
    )


@dataclass
class Machine:
    """Executes programs one instruction after another; knows no caches, cycles and CSRs."""

    memory: bytearray
    registers: list[int] = field(default_factory=lambda: [0] * 32)
    pc: int = 0
    executed: int = 0
    cfu_sum: int = 0
    cfu_last: int = 0

    @classmethod
    def running(cls, image: bytes, *, limit: int = 2_000_000) -> Machine:
        """Return a machine that has executed a program to its end."""
        machine = cls(bytearray(image.ljust(MEMORY_BYTES, b"\0")))
        while machine.step():
            assert machine.executed < limit, "the program does not end"
        return machine

    def step(self) -> bool:
        """Execute an instruction; tell whether the program goes on."""
        word = self.word_at(self.pc)
        self.executed += 1
        rd, rs1, rs2 = word >> 7 & 31, word >> 15 & 31, word >> 20 & 31
        a, b = self.registers[rs1], self.registers[rs2]
        funct3, funct7 = word >> 12 & 7, word >> 25
        following = self.pc + 4
        result: int | None = None
        match word & 0x7F:
            case 0x33:
                result = _OPERATIONS[funct7, funct3](a, b)
            case 0x13:
                shifts = funct3 in (1, 5)
                operation = _OPERATIONS[funct7 if shifts else 0, funct3]
                result = operation(a, rs2 if shifts else _signed(word >> 20, 12))
                if funct3 == 3:
                    result = int(a < (_signed(word >> 20, 12) & _WORD))
            case 0x37:
                result = word & 0xFFFFF000
            case 0x17:
                result = self.pc + (word & 0xFFFFF000)
            case 0x03:
                result = self._load(funct3, a + _signed(word >> 20, 12) & _WORD)
            case 0x23:
                address = a + _signed(funct7 << 5 | rd, 12) & _WORD
                if not self._store(address, 1 << funct3, b):
                    return False
            case 0x63:
                if _BRANCHES[funct3](a, b):
                    distance = (
                        (word >> 31) << 12
                        | (word >> 7 & 1) << 11
                        | (word >> 25 & 0x3F) << 5
                        | (word >> 8 & 15) << 1
                    )
                    following = self.pc + _signed(distance, 13)
            case 0x6F:
                result = following
                distance = (
                    (word >> 31) << 20
                    | (word >> 12 & 0xFF) << 12
                    | (word >> 20 & 1) << 11
                    | (word >> 21 & 0x3FF) << 1
                )
                following = self.pc + _signed(distance, 21)
            case 0x67:
                result = following
                following = (a + _signed(word >> 20, 12)) & 0xFFFFFFFE
            case 0x0B:
                result = self._cfu(funct7, funct3, a, b)
            case 0x0F:
                pass
            case 0x73:
                result = self._control(word, a)
            case opcode:
                raise AssertionError(f"opcode {opcode:#x} at {self.pc:#x}")
        if result is not None and rd:
            self.registers[rd] = result & _WORD
        self.pc = following
        return True

    def word_at(self, address: int) -> int:
        """Return a word of memory, which is everywhere."""
        start = address & (len(self.memory) - 1)
        return int.from_bytes(self.memory[start : start + 4], "little")

    def _load(self, funct3: int, address: int) -> int:
        size = 1 << (funct3 & 3)
        start = address & (len(self.memory) - 1)
        value = int.from_bytes(self.memory[start : start + size], "little")
        return value if funct3 & 4 else _signed(value, 8 * size)

    def _store(self, address: int, size: int, value: int) -> bool:
        """Store, or else tell that this ends the program."""
        if address == _FINISH:
            return False
        start = address & (len(self.memory) - 1)
        self.memory[start : start + size] = (value & (1 << 8 * size) - 1).to_bytes(size, "little")
        return True

    def _control(self, word: int, source: int) -> int | None:
        """Read and write a control and status register and return its value; none is known."""
        assert not word >> 7 & 31, f"instruction {word:#010x}"
        return None

    def _cfu(self, funct7: int, funct3: int, a: int, b: int) -> int:
        match funct3:
            case 0:
                return a + b + funct7
            case 1:
                self.cfu_sum = (self.cfu_sum + a * b) & _WORD
                return self.cfu_sum
            case 2:
                result, self.cfu_last = self.cfu_last, a ^ b
                return result
            case _:
                return int.from_bytes(a.to_bytes(4, "little"), "big") ^ b
