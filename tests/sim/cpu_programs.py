"""Programs that a CPU must execute as `riscv.Machine` does, or as they check themselves."""

from __future__ import annotations

__all__ = [
    "HANDLER_REPORT",
    "RESULTS",
    "corner_program",
    "random_program",
    "system_program",
    "trap_program",
]

import itertools
import random
from collections.abc import Sequence

from tests.sim.riscv import (
    BASE_OPERATIONS,
    BRANCHES,
    DIVISIONS,
    MULTIPLICATIONS,
    Program,
)

_DATA = 0x20000
_UNCACHED_DATA = 0x24000
RESULTS = 0x28000
HANDLER_REPORT = 0x30000

_CORNERS = (0, 1, 2, 31, 32, 0x7FFFFFFF, 0x80000000, 0x80000001, 0xFFFFFFFF, 0xFFFF8000, 0x12345678)

Operations = Sequence[tuple[int, int]]


def _operations(isa: str) -> Operations:
    return {
        "rv32i": BASE_OPERATIONS,
        "rv32i_zmmul": BASE_OPERATIONS + MULTIPLICATIONS,
        "rv32im": BASE_OPERATIONS + MULTIPLICATIONS + DIVISIONS,
    }[isa]


class _Results:
    """Stores registers one after another to where results belong."""

    def __init__(self, program: Program, base: int) -> None:
        self._program = program
        self._base = base
        self._offset = 0
        program.constant(base, program.origin + RESULTS)

    def add(self, register: int) -> None:
        if self._offset == 2044:
            self._program.immediate(0, self._base, self._base, self._offset)
            self._offset = 0
        self._program.store(2, register, self._base, self._offset)
        self._offset += 4


def corner_program(isa: str, program: Program | None = None) -> bytes:
    """Every instruction with operands at the limits; loads and stores of every width and byte."""
    program = program or Program()
    results = _Results(program, base=31)
    operations = _operations(isa)
    for a, b in itertools.product(_CORNERS, repeat=2):
        program.constant(5, a)
        program.constant(6, b)
        for funct7, funct3 in operations:
            program.register(funct7, funct3, 7, 5, 6)
            results.add(7)
        for index, funct3 in enumerate(BRANCHES):
            program.immediate(0, 7, 0, index)
            program.branch(funct3, 5, 6, "taken")
            program.immediate(0, 7, 7, 64)
            program.label("taken")
            results.add(7)
    for a, value in itertools.product(_CORNERS, (0, 1, -1, 2047, -2048)):
        program.constant(5, a)
        for funct3 in (0, 2, 3, 4, 6, 7):
            program.immediate(funct3, 7, 5, value)
            results.add(7)
    for amount in (0, 1, 15, 31):
        for funct3, kind in ((1, 0), (5, 0), (5, 32)):
            program.immediate(funct3, 7, 5, kind << 5 | amount)
            results.add(7)
    _add_memory_accesses(program, results, program.origin + _DATA)
    if program.uncached is not None:
        _add_memory_accesses(program, results, program.uncached + _UNCACHED_DATA)
    _add_jumps(program, results)
    _add_changed_code(program, results)
    program.finish()
    return program.image


def _add_memory_accesses(program: Program, results: _Results, base: int) -> None:
    program.constant(10, base)
    program.constant(5, 0x80F1A2B3)
    for byte in range(8):
        for funct3, size in ((0, 1), (1, 2), (2, 4)):
            if byte % size:
                continue
            program.store(2, 0, 10, 0)
            program.store(2, 0, 10, 4)
            program.store(funct3, 5, 10, byte)
            for load, load_size in ((0, 1), (1, 2), (2, 4), (4, 1), (5, 2)):
                for at in range(0, 8, load_size):
                    program.load(load, 7, 10, at)
                    results.add(7)


def _add_jumps(program: Program, results: _Results) -> None:
    program.immediate(0, 8, 0, 0)
    program.jump(7, "over")
    program.immediate(0, 8, 0, 1)
    program.label("over")
    results.add(7)
    program.upper(9, 0, opcode=0x17)
    program.immediate(0, 9, 9, 13, opcode=0x67)  # over one instruction; the lowest bit is ignored
    program.immediate(0, 8, 0, 2)
    results.add(9)
    results.add(8)


def _add_changed_code(program: Program, results: _Results) -> None:
    """Write an instruction, which is in the cache already, and execute it."""
    program.immediate(0, 5, 0, 2)
    start = program.here
    program.immediate(0, 6, 0, 111)  # becomes 222
    results.add(6)
    replacement = Program()
    replacement.immediate(0, 6, 0, 222)
    program.constant(7, replacement.words[0])
    program.constant(8, program.origin + start)
    program.store(2, 7, 8, 0)
    program.fence()
    program.fence(instructions=True)
    program.immediate(0, 5, 5, -1)
    program.branch_back(1, 5, 0, start)


def random_program(isa: str, *, seed: int, length: int = 2500) -> bytes:
    """Instructions at random, with hazards, stalls, loops and CFU commands next to one another."""
    draw = random.Random(seed)
    program = Program()
    _add_cfu_enable(program)
    for register in range(1, 28):
        program.constant(register, draw.choice((*_CORNERS, draw.getrandbits(32))))
    program.constant(31, _DATA)
    assert program.uncached is not None
    program.constant(29, program.uncached + _UNCACHED_DATA)
    while len(program.words) < length:
        if draw.random() < 0.1:
            program.immediate(0, 28, 0, draw.randint(1, 6))
            start = program.here
            _add_block(program, draw, isa)
            program.immediate(0, 28, 28, -1)
            program.branch_back(1, 28, 0, start)
        else:
            _add_block(program, draw, isa)
    results = _Results(program, base=30)
    for register in range(1, 28):
        results.add(register)
    program.finish()
    return program.image


def _add_block(program: Program, draw: random.Random, isa: str) -> None:
    """Add some instructions that work on few registers."""
    registers = draw.sample(range(28), draw.choice((2, 4, 12)))
    operations = _operations(isa)
    kinds = draw.choices(
        ("operation", "arithmetic", "immediate", "load", "store", "branch", "jump", "cfu", "fence"),
        weights=(20, 8, 12, 15, 12, 10, 3, 15, 1),
        k=draw.randint(4, 20),
    )
    for kind in kinds:
        rd, rs1, rs2 = (draw.choice(registers) for _ in range(3))
        base = draw.choice((31, 31, 31, 29))
        match kind:
            case "operation":
                program.register(*draw.choice(BASE_OPERATIONS), rd, rs1, rs2)
            case "arithmetic":
                program.register(*draw.choice(operations), rd, rs1, rs2)
            case "immediate":
                program.immediate(draw.choice((0, 2, 3, 4, 6, 7)), rd, rs1, draw.getrandbits(12))
            case "load":
                funct3, size = draw.choice(((0, 1), (1, 2), (2, 4), (2, 4), (4, 1), (5, 2)))
                # A small window, for loads of what was just stored, and a large one, for misses.
                window = draw.choice((32, 4096))
                program.load(funct3, rd, base, draw.randrange(0, window, size) - window // 2)
            case "store":
                funct3, size = draw.choice(((0, 1), (1, 2), (2, 4), (2, 4)))
                window = draw.choice((32, 4096))
                program.store(funct3, rs2, base, draw.randrange(0, window, size) - window // 2)
            case "branch":
                program.branch(draw.choice(BRANCHES), rs1, rs2, "on")
                for _ in range(draw.randint(0, 3)):
                    program.cfu(draw.getrandbits(7), draw.randint(0, 3), rd, rs1, rs2)
                    program.store(2, rs1, 31, 0)
                program.label("on")
            case "jump":
                program.jump(draw.choice((0, rd)), "on")
                program.immediate(0, rd, rd, 1)
                program.label("on")
            case "cfu":
                for _ in range(draw.choice((1, 1, 3))):
                    program.cfu(draw.getrandbits(7), draw.randint(0, 3), rd, rs1, rs2)
            case _:
                program.fence()
                program.forget_data()


_MCYCLE, _MINSTRET, _MTVEC, _MEPC, _MCAUSE, _MTVAL = 0xB00, 0xB02, 0x305, 0x341, 0x342, 0x343
_MSTATUS, _MIE, _INTERRUPT_MASK = 0x300, 0x304, 0xBC0


def _add_cfu_enable(program: Program) -> None:
    """Make CFU instructions legal, if it needs to be done, as firmware does on any CPU."""
    program.constant(5, 1 << 31)
    program.csr(2, 0, _INTERRUPT_MASK, 5)


def system_program(program: Program | None = None) -> bytes:
    """Start as firmware does, then read the counters around eight instructions.

    The results are the differences of `mcycle`, `minstret`, and their unprivileged names; then 1
    if `mcycle` went on in its upper half as it should, which is not at all.
    """
    program = program or Program()
    program.constant(5, 0x100)
    program.csr(1, 0, _MTVEC, 5)
    _add_cfu_enable(program)
    results = _Results(program, base=31)
    for counter in (_MCYCLE, _MINSTRET, 0xC00, 0xC02):
        program.csr(2, 5, counter, 0)
        for register in range(10, 18):
            program.immediate(0, register, register, 1)
        program.csr(2, 6, counter, 0)
        program.register(32, 0, 7, 6, 5)
        results.add(7)
    program.csr(2, 5, 0xB80, 0)
    program.immediate(3, 5, 5, 1)
    results.add(5)
    program.cfu(5, 0, 6, 5, 5)  # legal by now
    results.add(6)
    program.finish()
    return program.image


def trap_program(
    words: Sequence[int], *, external_interrupt: bool = False, program: Program | None = None
) -> bytes:
    """Execute instructions that trap, one after another.

    The handler reports `mcause`, `mepc` and `mtval` of each to `HANDLER_REPORT` and goes on after
    it. Register 5 holds 0x20001, 6 holds 0x20003 and 7 holds 0x20002, behind the program's origin.

    Parameters
    ----------
    external_interrupt
        Raise, at the end, line 3 of the external interrupts, and wait for it.
    """
    program = program or Program()
    program.jump(0, "main")
    handler = program.address
    for offset, register in enumerate((_MCAUSE, _MEPC, _MTVAL)):
        program.csr(2, 20, register, 0)
        program.store(2, 20, 30, 4 * offset)
    program.immediate(0, 30, 30, 12)
    if program.interrupt_lines is not None:
        program.constant(22, program.interrupt_lines)
        program.store(2, 0, 22, 0)  # whatever it was, the interrupt is over
    program.csr(2, 20, _MCAUSE, 0)
    program.branch(4, 20, 0, "return")  # below zero: an interrupt
    program.csr(2, 20, _MEPC, 0)
    program.immediate(0, 20, 20, 4)
    program.csr(1, 0, _MEPC, 20)
    program.label("return")
    program.word(0x30200073)  # mret
    program.label("main")
    program.constant(30, program.origin + HANDLER_REPORT)
    program.constant(20, handler)
    program.csr(1, 0, _MTVEC, 20)
    for register, value in ((5, 0x20001), (6, 0x20003), (7, 0x20002)):
        program.constant(register, program.origin + value)
    for word in words:
        program.word(word)
    if external_interrupt:
        assert program.interrupt_lines is not None
        program.immediate(0, 20, 0, 1 << 3)
        program.csr(1, 0, _INTERRUPT_MASK, 20)
        program.constant(20, 1 << 11)
        program.csr(1, 0, _MIE, 20)
        program.csr(6, 0, _MSTATUS, 1 << 3)
        program.constant(21, program.interrupt_lines)
        program.immediate(0, 20, 0, 1 << 3)
        program.store(2, 20, 21, 0)
        program.immediate(0, 21, 30, 0)
        program.branch_back(0, 21, 30, program.here)  # until the handler has reported
    program.finish()
    return program.image
