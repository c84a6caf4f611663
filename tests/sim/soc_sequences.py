"""Sequences of instructions at random, for every feature of a SoC that takes its own time."""

from __future__ import annotations

__all__ = [
    "CORNERS",
    "GENERAL",
    "KINDS",
    "PAGE_REGISTERS",
    "POINTER_REGISTER",
    "REGISTERS_REGISTER",
    "TRAP_SCRATCH",
    "TRAP_SUM",
    "Sequence",
]

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from soc import CpuVariant
from tests.sim.riscv import BASE_OPERATIONS, BRANCHES, DIVISIONS, MULTIPLICATIONS
from tests.sim.soc_code import RECORD, Code, FarCode

GENERAL = range(1, 22)
TRAP_SUM, TRAP_SCRATCH, REGISTERS_REGISTER, POINTER_REGISTER = 22, 23, 24, 26
_ROUNDS = 25  # of a sequence
_COUNTERS = (27, 28)  # of loops, inner first
PAGE_REGISTERS = (31, 30, 29)  # hold addresses in the middle of pages of data

CORNERS = (0, 1, 2, 31, 32, 0x7FFFFFFF, 0x80000000, 0x80000001, 0xFFFFFFFF, 0xFFFF8000, 0x12345678)

_LINK, _OTHER_LINK = 1, 5
_BRANCH_WORDS = 1000  # less than a branch reaches
_LOADS = ((0, 1), (1, 2), (2, 4), (2, 4), (4, 1), (5, 2))  # funct3, bytes
_STORES = ((0, 1), (1, 2), (2, 4), (2, 4))
_WINDOW_END = RECORD - 16

_MSTATUS, _MISA, _MIE, _MTVEC, _MSCRATCH = 0x300, 0x301, 0x304, 0x305, 0x340
_MEPC, _MCAUSE, _MTVAL, _MIP, _INTERRUPT_MASK, _INTERRUPT_PENDING = (
    *(0x341, 0x342, 0x343),
    *(0x344, 0xBC0, 0xFC0),
)
_COUNTING = (0xB00, 0xB80, 0xB02, 0xB82, 0xC00, 0xC80, 0xC02, 0xC82)
_READABLE = (_MSTATUS, _MISA, _MIE, _MTVEC, _MSCRATCH, _MEPC, _MCAUSE, _MTVAL, _MIP)
_INFORMATION = (0xF11, 0xF12, 0xF13, 0xF14, 0xCC0, _INTERRUPT_MASK)
_ECALL, _EBREAK = 0x00000073, 0x00100073
_ILLEGAL = (0, 0xFFFFFFFF, 0x0000007F, 0x00007003, 0x00002063, 0x7C001073)
_UART_RXTX, _UART_TXFULL, _UART_RXEMPTY, _UART_EV_PENDING, _UART_EV_ENABLE = (
    *(0x400, 0x404, 0x408),
    *(0x410, 0x414),
)
_UART_READABLE = range(0x400, 0x420, 4)
_CTRL_SCRATCH = -0x3FC


@dataclass(frozen=True)
class _Kind:
    """How often single instructions and structures of instructions occur, by name."""

    instructions: Mapping[str, float]
    structures: Mapping[str, float]


_PLAIN = {"run": 5.0, "branch": 1.0, "loop": 1.5}
_CONTROL = {
    "branch": 4.0,
    "back_and_forth": 2.0,
    "chain": 1.5,
    "loop": 2.0,
    "call": 1.5,
    "far_call": 1.5,
    "table": 1.0,
}

KINDS: Mapping[str, _Kind] = {
    "alu": _Kind({"alu": 1}, {"run": 1}),
    "branches": _Kind({"alu": 1}, {"run": 2, **_CONTROL}),
    "loads": _Kind({"alu": 2, "load": 4, "pointer": 1}, _PLAIN),
    "stores": _Kind({"alu": 1, "store": 4}, {**_PLAIN, "burst": 2}),
    "mixed_memory": _Kind(
        {"alu": 2, "load": 4, "store": 4, "pointer": 1, "fence": 0.2, "forget": 0.15},
        {**_PLAIN, "burst": 1, "store_and_load": 5},
    ),
    "mul_div": _Kind({"alu": 2, "multiply": 3, "divide": 1}, _PLAIN),
    "csr": _Kind({"alu": 2, "csr": 3}, _PLAIN),
    "traps": _Kind({"alu": 2, "trap": 1.2, "load": 1, "store": 1, "csr": 0.4}, _PLAIN),
    "cfu": _Kind({"alu": 2, "cfu": 4, "load": 1, "store": 1, "divide": 0.2}, _PLAIN),
    "uart": _Kind({"alu": 2, "uart": 2, "load": 1, "store": 1}, {**_PLAIN, "poll": 1}),
    "self_modifying": _Kind(
        {"alu": 4, "load": 0.5, "store": 0.5}, {"run": 2, "loop": 1.5, "change": 4, "call": 0.5}
    ),
    "interrupts": _Kind(
        {"alu": 3, "load": 1, "store": 1, "multiply": 0.5, "divide": 0.2, "cfu": 1},
        {"run": 3, "interrupted": 2, **_CONTROL},
    ),
    "all": _Kind(
        {
            "alu": 6,
            "load": 4,
            "store": 3,
            "pointer": 1,
            "multiply": 1,
            "divide": 0.3,
            "csr": 0.5,
            "cfu": 2,
            "trap": 0.15,
            "uart": 0.15,
            "fence": 0.1,
            "forget": 0.05,
        },
        {"run": 5, "burst": 0.5, "store_and_load": 1, "poll": 0.1, "change": 0.2, **_CONTROL},
    ),
}


class Sequence:
    """Adds a sequence to a program.

    Parameters
    ----------
    rounds
        How often the sequence is executed, each time with other values; by default some times.

    Registers are used for: general purposes (`GENERAL`, of which x1 and x5 hold return addresses),
    sums of the trap handlers, addresses, and loops' counters.
    """

    def __init__(
        self,
        code: Code,
        far: FarCode,
        draw: random.Random,
        cpu: CpuVariant,
        kind: str,
        *,
        rounds: int | None = None,
    ) -> None:
        self.code = code
        self.draw = draw
        self._far = far
        self._cpu = cpu
        self._kind = KINDS[kind]
        self._rounds = rounds
        self._registers: list[int] = [*GENERAL]
        self._depth = 0
        self._nested = 0
        self._length = draw.randint(30, 120)
        self._instructions = self._choices(
            self._kind.instructions,
            {
                "alu": self._alu,
                "load": self._load,
                "pointer": self._pointer,
                "store": self._store,
                "fence": self._fence,
                "forget": self._forget,
                "multiply": self._multiply,
                "divide": self._divide,
                "csr": self._csr,
                "trap": self._trap,
                "cfu": self._cfu,
                "uart": self._uart,
            },
        )
        self._structures = self._choices(
            self._kind.structures,
            {
                "run": self._run,
                "branch": self._branch,
                "back_and_forth": self._back_and_forth,
                "chain": self._chain,
                "loop": self._loop,
                "call": self._call,
                "far_call": self._far_call,
                "table": self._table,
                "burst": self._burst,
                "store_and_load": self._store_and_load,
                "poll": self._poll,
                "change": self._change,
                "interrupted": self._interrupted,
            },
        )

    def add(self) -> None:
        """Add instructions until there are enough.

        Mostly they are executed several times: while the instruction cache is filled for the first
        one, few other things have to wait for one another.
        """
        code, draw = self.code, self.draw
        code.constant(_ROUNDS, self._rounds or draw.choice((1, 2, 3, 4)))
        start, on = code.new_label(), code.new_label()
        code.place(start)
        begin = len(code.words)
        if self._rounds is not None:
            self._stir()
        while len(code.words) - begin < self._length:
            self._structure()
        code.immediate(0, _ROUNDS, _ROUNDS, -1)
        if len(code.words) - begin < _BRANCH_WORDS:
            code.branch_to(1, _ROUNDS, 0, start)
        else:
            code.branch_to(0, _ROUNDS, 0, on)
            code.jump_to(0, start)
        code.place(on)

    def _stir(self) -> None:
        """Change some registers, in each round differently."""
        code = self.code
        code.shift(1, TRAP_SCRATCH, _ROUNDS, self.draw.randint(2, 25), arithmetic=False)
        for register in self.draw.sample(GENERAL, 5):
            code.register(0, self.draw.choice((0, 4)), register, register, TRAP_SCRATCH)
            code.register(0, 0, TRAP_SCRATCH, TRAP_SCRATCH, register)

    # What a sequence is made of.

    def _choices(
        self, weights: Mapping[str, float], ways: Mapping[str, Callable[[], None]]
    ) -> tuple[list[Callable[[], None]], list[float]]:
        missing = set()
        if self._cpu.isa == "rv32i":
            missing.add("multiply")
        if self._cpu.isa != "rv32im":
            missing.add("divide")
        if not self._cpu.exceptions:
            missing.add("trap")
        names = [name for name in weights if name not in missing]
        return [ways[name] for name in names], [weights[name] for name in names]

    def _structure(self) -> None:
        """Add some instructions that work on few registers."""
        before = self._registers
        if self._nested == 0:
            count = self.draw.choice((2, 3, 5, 12))
            self._registers = self.draw.sample(GENERAL, count)
            if self.draw.random() < 0.3:
                self._registers.append(0)
        self._nested += 1
        ways, weights = self._structures
        if self._nested > 3:
            self._run()
        else:
            self.draw.choices(ways, weights)[0]()
        self._nested -= 1
        self._registers = before

    def _any(self) -> int:
        return self.draw.choice(self._registers)

    def _instruction(self) -> None:
        ways, weights = self._instructions
        self.draw.choices(ways, weights)[0]()

    def _some(self, least: int, most: int) -> None:
        for _ in range(self.draw.randint(least, most)):
            self._instruction()

    # Instructions.

    def _alu(self) -> None:
        draw, code = self.draw, self.code
        rd, rs1, rs2 = self._any(), self._any(), self._any()
        match draw.randrange(8):
            case 0 | 1 | 2:
                code.register(*draw.choice(BASE_OPERATIONS), rd, rs1, rs2)
            case 3 | 4 | 5:
                code.immediate(draw.choice((0, 0, 2, 3, 4, 6, 7)), rd, rs1, draw.getrandbits(12))
            case 6:
                funct3 = draw.choice((1, 5))
                arithmetic = funct3 == 5 and draw.random() < 0.5
                code.shift(funct3, rd, rs1, draw.randrange(32), arithmetic=arithmetic)
            case _:
                code.upper(rd, draw.getrandbits(20), opcode=draw.choice((0x37, 0x17)))

    def _place(self, size: int) -> tuple[int, int]:
        """Return a register and an offset that are a multiple of a size of bytes."""
        draw = self.draw
        base = draw.choice(PAGE_REGISTERS)
        match draw.randrange(6):
            case 0 | 1:
                offset = draw.randrange(-16, 16, size)
            case 2 | 3:
                offset = draw.randrange(-96, 96, size)
            case 4:
                offset = 32 * draw.randrange(-60, 40) + draw.choice((0, 28))
            case _:
                offset = draw.randrange(-1984, _WINDOW_END, size)
        return base, offset

    def _computed_place(self, size: int) -> tuple[int, int]:
        """Compute an address just before it is used."""
        draw = self.draw
        base, offset = self._place(size)
        if draw.random() < 0.75:
            return base, offset
        address, index = draw.choice(GENERAL), self._any()
        self.code.immediate(7, address, index, draw.choice((0x3C, 0x7C, 0x1FC)))
        self.code.register(0, 0, address, address, base)
        if draw.random() < 0.3:
            self._instruction_unless_writing(address)
        return address, draw.randrange(-64, 64, size)

    def _instruction_unless_writing(self, register: int) -> None:
        rd = self.draw.choice([each for each in GENERAL if each != register])
        self.code.immediate(0, rd, self._any(), self.draw.getrandbits(12))

    def _load(self) -> None:
        funct3, size = self.draw.choice(_LOADS)
        base, offset = self._computed_place(size)
        self.code.load(funct3, self._any(), base, offset)

    def _store(self) -> None:
        funct3, size = self.draw.choice(_STORES)
        base, offset = self._computed_place(size)
        self.code.store(funct3, self._any(), base, offset)

    def _pointer(self) -> None:
        """Load an address, and soon from there."""
        draw, code = self.draw, self.code
        address = draw.choice(GENERAL)
        code.load(2, address, POINTER_REGISTER, draw.randrange(-2048, 2048, 4))
        for _ in range(draw.choice((0, 0, 1, 2))):
            self._instruction_unless_writing(address)
        funct3, size = draw.choice(_LOADS)
        code.load(funct3, self._any(), address, draw.randrange(-64, 64, size))

    def _fence(self) -> None:
        self.code.fence(instructions=self.draw.random() < 0.1)

    def _forget(self) -> None:
        self.code.forget_data()

    def _multiply(self) -> None:
        self.code.register(
            *self.draw.choice(MULTIPLICATIONS), self._any(), self._any(), self._any()
        )

    def _divide(self) -> None:
        self.code.register(*self.draw.choice(DIVISIONS), self._any(), self._any(), self._any())

    def _csr(self) -> None:
        draw, code = self.draw, self.code
        rd, source = self._any(), self._any()
        immediate = draw.choice((0, 4))  # with 4, the source is a number
        if not self._cpu.exceptions:
            code.csr(2 | immediate, rd, draw.choice(_COUNTING), 0)
            return
        readable = _READABLE
        if self._cpu.options.interrupts:
            readable = (*readable, *_INFORMATION, _INTERRUPT_PENDING)
        match draw.randrange(10):
            case 0 | 1 | 2 | 3:
                code.csr(draw.choice((2, 3)) | immediate, rd, draw.choice(_COUNTING), 0)
            case 4 | 5:
                code.csr(draw.choice((2, 3)) | immediate, rd, draw.choice(readable), 0)
            case 6 | 7:
                code.csr(draw.choice((1, 2, 3)) | immediate, rd, _MSCRATCH, source)
            case 8:
                register = draw.choice((_MEPC, _MCAUSE))
                code.csr(draw.choice((1, 2, 3)) | immediate, rd, register, source)
            case _:
                if draw.random() < 0.3:
                    code.csr(1 | immediate, rd, draw.choice(_COUNTING[:4]), source)
                else:  # interrupts stay disabled elsewhere
                    code.csr(draw.choice((2, 3)) | 4, rd, _INTERRUPT_MASK, draw.randrange(32) & ~1)

    def _trap(self) -> None:
        draw, code = self.draw, self.code
        rd = self._any()
        base = draw.choice(PAGE_REGISTERS)
        odd = draw.randrange(-64, 64)
        match draw.randrange(9):
            case 0:
                code.load(draw.choice((1, 5)), rd, base, odd | 1)
            case 1:
                code.load(2, rd, base, odd & ~3 | draw.randint(1, 3))
            case 2:
                code.store(1, rd, base, odd | 1)
            case 3:
                code.store(2, rd, base, odd & ~3 | draw.randint(1, 3))
            case 4:
                code.word(draw.choice((_ECALL, _EBREAK)))
            case 5 | 6:
                code.word(draw.choice(_ILLEGAL))
            case 7:
                target = draw.choice(GENERAL)
                code.upper(target, 0, opcode=0x17)
                code.immediate(0, draw.choice((0, rd)), target, 10, opcode=0x67)
            case _ if self._cpu.cfu_enable:
                # Without its permission the CFU's instructions are illegal, too.
                code.constant(TRAP_SCRATCH, 1 << 31)
                code.csr(3, 0, _INTERRUPT_MASK, TRAP_SCRATCH)
                self._cfu()
                code.constant(TRAP_SCRATCH, 1 << 31)
                code.csr(2, 0, _INTERRUPT_MASK, TRAP_SCRATCH)
            case _:
                code.word(_ECALL)

    def _cfu(self) -> None:
        draw = self.draw
        funct3 = draw.choice((0, 0, 1, 1, 2, 3, 3, 4, 5, 6, 7))
        self.code.cfu(draw.getrandbits(7), funct3, self._any(), self._any(), self._any())

    def _uart(self) -> None:
        draw, code = self.draw, self.code
        match draw.randrange(8):
            case 0 | 1:
                code.load(2, self._any(), REGISTERS_REGISTER, draw.choice(_UART_READABLE))
            case 2:
                funct3, size = draw.choice(_LOADS)
                offset = draw.choice(_UART_READABLE) + draw.randrange(0, 4, size)
                code.load(funct3, self._any(), REGISTERS_REGISTER, offset)
            case 3 | 4:
                code.store(2, self._any(), REGISTERS_REGISTER, _UART_RXTX)
            case 5:
                code.immediate(0, TRAP_SCRATCH, 0, draw.randint(1, 3))
                code.store(2, TRAP_SCRATCH, REGISTERS_REGISTER, _UART_EV_PENDING)
            case 6:
                code.load(2, self._any(), REGISTERS_REGISTER, _CTRL_SCRATCH)
            case _:  # no event of the firmware's
                code.upper(TRAP_SCRATCH, draw.randrange(0x10000, 0x100000))
                code.store(2, TRAP_SCRATCH, REGISTERS_REGISTER, _CTRL_SCRATCH)

    # Structures.

    def _run(self) -> None:
        self._some(1, 8)

    def _align(self) -> None:
        """Go to a place of the cache line that is drawn, as it is the first or the last."""
        if self.draw.random() < 0.7:
            return
        place = 4 * self.draw.choice((0, 7, 6, 1))
        while self.code.here % 32 != place:
            self.code.immediate(0, 0, 0, 0)

    def _condition(self, label: int) -> None:
        """Branch, or not: as registers are, or always, or never."""
        draw = self.draw
        rs1 = self._any()
        rs2 = draw.choice((self._any(), self._any(), rs1, 0))
        self.code.branch_to(draw.choice(BRANCHES), rs1, rs2, label)

    def _branch(self) -> None:
        self._align()
        on = self.code.new_label()
        if self.draw.random() < 0.15:
            self.code.jump_to(self.draw.choice((0, self._any())), on)
        else:
            self._condition(on)
        if self.draw.random() < 0.3:
            self._structure()
        else:
            self._some(0, 5)
        self.code.place(on)
        if self.draw.random() < 0.5:
            self._instruction()

    def _back_and_forth(self) -> None:
        """Jump over a piece of code, which is branched back to, if at all, and left forwards."""
        code, draw = self.code, self.draw
        middle, back, on = code.new_label(), code.new_label(), code.new_label()
        code.jump_to(0, middle)
        self._align()
        code.place(back)
        self._some(0, 4)
        if draw.random() < 0.5:
            code.jump_to(draw.choice((0, self._any())), on)
        else:
            code.branch_to(0, 0, 0, on)
        code.place(middle)
        self._some(0, 3)
        if draw.random() < 0.3:
            code.jump_to(draw.choice((0, self._any())), back)
        else:
            self._condition(back)
        self._some(0, 2)
        code.place(on)

    def _chain(self) -> None:
        """Jump from piece to piece, which do not lie in the order of their execution."""
        code, draw = self.code, self.draw
        count = draw.randint(2, 7)
        order = draw.sample(range(count), count)
        labels = [code.new_label() for _ in range(count + 1)]
        code.jump_to(0, labels[0])
        for piece in order:
            code.place(labels[piece])
            self._some(0, draw.choice((0, 1, 2, 9)))
            if draw.random() < 0.3:
                self._condition(labels[piece + 1])
            if draw.random() < 0.3:
                for _ in range(draw.randrange(8)):
                    code.immediate(0, 0, 0, 0)
            code.jump_to(draw.choice((0, self._any())), labels[piece + 1])
        code.place(labels[count])

    def _loop(self) -> None:
        if self._depth == len(_COUNTERS):
            self._run()
            return
        code, draw = self.code, self.draw
        counter = _COUNTERS[-1 - self._depth]
        self._depth += 1
        code.immediate(0, counter, 0, draw.choice((1, 2, 3, 4, 6, 30 if self._depth == 1 else 5)))
        self._align()
        start = code.new_label()
        code.place(start)
        decrement_first = draw.random() < 0.5
        if decrement_first:
            code.immediate(0, counter, counter, -1)
        for _ in range(draw.randint(1, 2)):
            self._structure()
        if not decrement_first:
            code.immediate(0, counter, counter, -1)
        if draw.random() < 0.2:  # a branch that is rarely taken, and a jump that always is
            on = code.new_label()
            code.branch_to(0, counter, 0, on)
            code.jump_to(0, start)
            code.place(on)
        else:
            code.branch_to(draw.choice((1, 1, 6)), 0, counter, start)
        self._depth -= 1

    def _body(self, link: int) -> None:
        """Add some instructions that leave return addresses alone, and return."""
        before = self._registers
        self._registers = [each for each in before if each not in (_LINK, _OTHER_LINK)] or [6, 7]
        depth, self._depth = self._depth, len(_COUNTERS)
        for _ in range(self.draw.randint(0, 6)):
            self._body_instruction()
        self._depth = depth
        self.code.immediate(0, 0, link, 0, opcode=0x67)
        self._registers = before

    def _body_instruction(self) -> None:
        draw, code = self.draw, self.code
        rd, rs1, rs2 = self._any(), self._any(), self._any()
        match draw.randrange(4):
            case 0:
                code.load(2, rd, draw.choice(PAGE_REGISTERS), draw.randrange(-96, 96, 4))
            case 1:
                code.store(2, rs2, draw.choice(PAGE_REGISTERS), draw.randrange(-96, 96, 4))
            case _:
                code.register(*draw.choice(BASE_OPERATIONS), rd, rs1, rs2)

    def _call(self) -> None:
        """Call a function that lies before or behind the call."""
        code, draw = self.code, self.draw
        link = draw.choice((_LINK, _OTHER_LINK))
        function, on = code.new_label(), code.new_label()
        before = draw.random() < 0.5
        if before:
            code.jump_to(0, on)
            code.place(function)
            self._body(link)
            code.place(on)
        count = draw.choice((1, 1, 2))
        for _ in range(count):
            code.jump_to(link, function)
            self._some(0, 2)
        if not before:
            after = code.new_label()
            code.jump_to(0, after)
            code.place(function)
            self._body(link)
            code.place(after)

    def _far_call(self) -> None:
        """Call a function in the same lines of the cache, through a register."""
        code, draw = self.code, self.draw
        link = draw.choice((_LINK, _OTHER_LINK))
        self._align()
        piece = Code()
        own, self.code = self.code, piece
        self._body(link)
        self.code = own
        near = code.address + 4 * draw.randrange(-8, 8)
        address = self._far.put(piece.words, near)
        target = draw.choice([each for each in GENERAL if each not in (_LINK, _OTHER_LINK)])
        for _ in range(draw.choice((1, 1, 2))):
            code.upper(target, (address + 0x800) >> 12)
            if draw.random() < 0.5:
                code.immediate(0, target, target, address)
                code.immediate(0, link, target, 0, opcode=0x67)
            else:
                code.immediate(0, link, target, address, opcode=0x67)

    def _table(self) -> None:
        """Jump to one of several pieces of equal length, as a register says."""
        code, draw = self.code, self.draw
        target = draw.choice(GENERAL)
        index = self._any()
        count, words_log2 = draw.choice(((2, 0), (4, 1), (4, 2), (8, 1)))
        code.immediate(7, target, index, count - 1)
        code.shift(1, target, target, 2 + words_log2, arithmetic=False)
        other = draw.choice([each for each in GENERAL if each != target])
        code.upper(other, 0, opcode=0x17)
        code.register(0, 0, target, target, other)
        code.immediate(0, draw.choice((0, self._any())), target, 12, opcode=0x67)
        on = code.new_label()
        for _ in range(count):
            for _ in range((1 << words_log2) - 1):
                code.register(*draw.choice(BASE_OPERATIONS), self._any(), self._any(), self._any())
            code.jump_to(0, on)
        code.place(on)

    def _burst(self) -> None:
        """Store to neighbouring words, or to one again and again."""
        code, draw = self.code, self.draw
        base = draw.choice(PAGE_REGISTERS)
        start = draw.randrange(-512, 512, 4)
        step = draw.choice((4, 4, 4, 0, 32, -4))
        for number in range(draw.randint(2, 14)):
            code.store(2, self._any(), base, start + step * number)
            if draw.random() < 0.15:
                self._alu()

    def _store_and_load(self) -> None:
        """Load what was stored just before, or a part of it, or beside it."""
        code, draw = self.code, self.draw
        base = draw.choice(PAGE_REGISTERS)
        word = draw.randrange(-128, 128, 4)
        if draw.random() < 0.5:
            code.load(2, self._any(), base, word)
        for _ in range(draw.randint(1, 3)):
            funct3, size = draw.choice(_STORES)
            code.store(funct3, self._any(), base, word + draw.randrange(0, 4, size))
        for _ in range(draw.choice((0, 0, 1, 2, 3, 4))):
            self._alu()
        for _ in range(draw.randint(1, 3)):
            funct3, size = draw.choice(_LOADS)
            other = draw.choice((0, 0, 0, 4))
            code.load(funct3, self._any(), base, word + other + draw.randrange(0, 4, size))
        for _ in range(draw.randint(0, 2)):
            self._alu()

    def _poll(self) -> None:
        """Wait, as firmware does, until the UART can take a byte; or look for one some times."""
        code, draw = self.code, self.draw
        register = draw.choice(GENERAL)
        start, on = code.new_label(), code.new_label()
        if draw.random() < 0.5:
            code.place(start)
            code.load(2, register, REGISTERS_REGISTER, _UART_TXFULL)
            code.branch_to(1, register, 0, start)
            code.store(2, self._any(), REGISTERS_REGISTER, _UART_RXTX)
            return
        code.immediate(0, TRAP_SUM, 0, draw.randint(1, 5))
        code.place(start)
        code.immediate(0, TRAP_SUM, TRAP_SUM, -1)
        code.branch_to(4, TRAP_SUM, 0, on)
        code.load(2, register, REGISTERS_REGISTER, _UART_RXEMPTY)
        code.branch_to(1, register, 0, start)
        code.load(2, register, REGISTERS_REGISTER, _UART_RXTX)
        code.immediate(0, TRAP_SCRATCH, 0, 2)
        code.store(2, TRAP_SCRATCH, REGISTERS_REGISTER, _UART_EV_PENDING)
        code.place(on)

    def _change(self) -> None:
        """Write an instruction and execute it, perhaps in the same cache line.

        Not as the first behind the fence: VexRiscv has fetched that one before. And a small cache
        has forgotten everything before a store is over, which the line behind the fence may be
        loaded ahead of; so it is waited for there.
        """
        options = self._cpu.options
        waits = options.instruction_cache < 64 * options.cache_line
        code, draw = self.code, self.draw
        target, value = draw.sample(GENERAL, 2)
        distance = draw.choice((1, 1, 2, 5, 12))
        between = draw.choice((0, 0, 1, 3))
        half = draw.random() < 0.3
        varies = self._depth > 0 and draw.random() < 0.6
        behind = 2 + 2 + 2 * varies + 1 + between + 2 * waits + 1 + distance
        address = code.address + 4 * behind
        new = Code()
        rd, rs1 = self._any(), self._any()
        new.immediate(draw.choice((0, 4, 6, 7)), rd, rs1, draw.getrandbits(12))
        code.constant(target, address + (2 if half else 0))
        code.constant(value, new.words[0] >> (16 if half else 0))
        if varies:  # another instruction in each round
            code.shift(1, TRAP_SCRATCH, _COUNTERS[-1], 4 if half else 20, arithmetic=False)
            code.register(0, 4, value, value, TRAP_SCRATCH)
        code.store(1 if half else 2, value, target, 0)
        for _ in range(between):
            self._alu()
        if waits:
            code.load(2, TRAP_SCRATCH, REGISTERS_REGISTER, _CTRL_SCRATCH)
            code.immediate(0, TRAP_SCRATCH, TRAP_SCRATCH, 1)
        code.fence(instructions=True)
        for _ in range(distance):
            self._alu()
        code.immediate(draw.choice((0, 4, 6, 7)), self._any(), self._any(), draw.getrandbits(12))

    def _interrupted(self) -> None:
        """Let the UART, whose queue has room, interrupt some instructions."""
        code, draw = self.code, self.draw
        code.csr(6, 0, _INTERRUPT_MASK, 1)
        code.upper(TRAP_SCRATCH, 1)
        code.shift(5, TRAP_SCRATCH, TRAP_SCRATCH, 1, arithmetic=False)
        code.csr(2, 0, _MIE, TRAP_SCRATCH)
        code.csr(6, 0, _MSTATUS, 8)
        for _ in range(draw.randint(1, 4)):
            code.immediate(0, TRAP_SCRATCH, 0, draw.choice((1, 3)))
            code.store(2, TRAP_SCRATCH, REGISTERS_REGISTER, _UART_EV_ENABLE)
            if draw.random() < 0.5:
                self._some(1, 12)
            else:
                self._structure()
        code.csr(7, 0, _MSTATUS, 8)
        code.csr(7, 0, _INTERRUPT_MASK, 1)
