"""Programs at random for a whole SoC, which end, and put what they did into memory.

A program is a row of sequences. Each one ends by putting registers and counters into memory and
marking the end of a layer, so that a bench takes a copy then, and tells the cycle.
"""

from __future__ import annotations

__all__ = ["KINDS", "SocProgram", "kinds_of", "soc_program"]

import dataclasses
import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from soc import CpuVariant
from tests.sim.soc_code import (
    CFU_PAGE,
    CODE,
    CSR_BASE,
    EXIT,
    FAR_CODE,
    LAYER_END,
    PAGE_BYTES,
    PAGES,
    POINTERS,
    RECORD,
    Code,
    FarCode,
    jump_word,
)
from tests.sim.soc_sequences import (
    CORNERS,
    GENERAL,
    KINDS,
    PAGE_REGISTERS,
    POINTER_REGISTER,
    REGISTERS_REGISTER,
    TRAP_SCRATCH,
    TRAP_SUM,
    Sequence,
)

_MSTATUS, _MIE, _MTVEC, _MSCRATCH, _MEPC, _MCAUSE, _MTVAL = (
    *(0x300, 0x304, 0x305),
    *(0x340, 0x341, 0x342, 0x343),
)
_MCYCLE, _MINSTRET, _INTERRUPT_MASK = 0xB00, 0xB02, 0xBC0
_PAGE_WORDS = 2 * len(PAGE_REGISTERS)
_UART_EV_ENABLE = 0xF000_0814 - CSR_BASE
_TRAP_REGISTERS = {
    _MEPC: "mepc",
    _MCAUSE: "mcause",
    _MTVAL: "mtval",
    _MSCRATCH: "mscratch",
    _MSTATUS: "mstatus",
}


@dataclass(frozen=True)
class SocProgram:
    """What is in memory when a SoC starts, and what to look at.

    Attributes
    ----------
    contents
        Bytes by address.
    uart_input
        What the host sends.
    starts
        Address of each sequence's first instruction.
    copies
        What each sequence's end is to be copied of: addresses and sizes.
    names
        What is put there at a sequence's end, by address: registers and counters.
    ends
        Where each sequence begins to put them there.
    """

    contents: Mapping[int, bytes]
    uart_input: bytes
    starts: tuple[int, ...]
    copies: tuple[tuple[int, int], ...]
    names: Mapping[int, str] = field(default_factory=dict)
    ends: tuple[int, ...] = ()

    @property
    def snapshots(self) -> str:
        """The copies as the programs that simulate take them."""
        return "".join(
            f"{layer} {address} {size}\n"
            for layer in range(len(self.starts))
            for address, size in self.copies
        )

    def sequence_at(self, address: int) -> int | None:
        """Return the number of the sequence that an address is in, if it is in any."""
        before = [number for number, start in enumerate(self.starts) if start <= address < FAR_CODE]
        return before[-1] if before else None

    def cut(self) -> Iterator[tuple[int, SocProgram]]:
        """Return programs whose first sequence ends ever later, with the address where it does."""
        code = self.contents[CODE]
        # Registers that addresses are in have their values by then.
        for address in range(self.starts[0] + 4 * _PAGE_WORDS, self.ends[0], 4):
            jump = jump_word(self.ends[0] - address).to_bytes(4, "little")
            at = address - CODE
            changed = code[:at] + jump + code[at + 4 :]
            yield address, dataclasses.replace(self, contents={**self.contents, CODE: changed})


def kinds_of(cpu: CpuVariant) -> tuple[str, ...]:
    """Return the kinds of programs that a CPU has the instructions for."""
    missing = set()
    if cpu.isa == "rv32i":
        missing.add("mul_div")
    if not cpu.exceptions:
        missing.add("traps")
    if not cpu.options.interrupts:
        missing.add("interrupts")
    return tuple(kind for kind in KINDS if kind not in missing)


def soc_program(
    cpu: CpuVariant,
    kind: str,
    *,
    seed: int,
    sequences: int = 50,
    rounds: int | None = None,
    only: int | None = None,
) -> SocProgram:
    """Return a program of sequences at random.

    Parameters
    ----------
    kind
        What the sequences are made of: one of `KINDS`.
    rounds
        How often each sequence is executed; by default some times.
    only
        Number of the one sequence to leave in, as it is, though not at the same address.
    """
    far = FarCode()
    code = Code()
    handlers = _add_start(code, cpu, random.Random(f"{seed} start"))
    if seed % 2:
        for _ in range(4):  # until the CPU permits it
            code.immediate(0, 0, 0, 0)
        code.cfu(127, 6, 0, 0, 0)  # `random_cfu.v` stands still between commands
    starts, ends = [], []
    for number in range(sequences) if only is None else (only,):
        draw = random.Random(f"{seed} {kind} {number}")
        starts.append(code.address)
        sequence = Sequence(code, far, draw, cpu, kind, rounds=rounds)
        _add_values(sequence, handlers)
        sequence.add()
        ends.append(code.address)
        _add_end(code, cpu, len(starts) - 1)
    _add_exit(code)
    draw = random.Random(f"{seed} data")
    contents = {
        CODE: code.image,
        POINTERS: _pointers(draw),
        **{page: draw.randbytes(PAGE_BYTES) for page in PAGES},
    }
    if far.image:
        contents[FAR_CODE] = far.image
    return SocProgram(
        contents=contents,
        uart_input=draw.randbytes(draw.choice((0, 3, 40, 400))),
        starts=tuple(starts),
        copies=tuple((page, PAGE_BYTES) for page in (*PAGES, CFU_PAGE)),
        names=_names(cpu),
        ends=tuple(ends),
    )


def _add_start(code: Code, cpu: CpuVariant, draw: random.Random) -> tuple[int, ...]:
    """Set the CPU up and return the addresses of its trap handlers."""
    handlers: list[int] = []
    main = code.new_label()
    code.jump_to(0, main)
    if cpu.exceptions:
        for body in (_add_handler, _add_late_handler, _add_busy_handler):
            for _ in range(draw.randrange(8)):
                code.immediate(0, 0, 0, 0)
            handlers.append(code.address)
            body(code)
    code.place(main)
    for register in range(1, 32):
        code.constant(register, draw.getrandbits(32))
    code.constant(POINTER_REGISTER, POINTERS + PAGE_BYTES // 2)
    code.constant(REGISTERS_REGISTER, CSR_BASE)
    if cpu.exceptions:
        code.constant(TRAP_SCRATCH, handlers[0])
        code.csr(1, 0, _MTVEC, TRAP_SCRATCH)
        for csr in (_MSCRATCH, _MEPC, _MCAUSE, _MTVAL):  # which reset gives no value
            code.csr(1, 0, csr, 0)
    if cpu.cfu_enable:
        code.constant(TRAP_SCRATCH, 1 << 31)
        code.csr(2, 0, _INTERRUPT_MASK, TRAP_SCRATCH)
    return tuple(handlers)


def _add_handler(code: Code) -> None:
    """Add up what happened, and go on behind it."""
    on = code.new_label()
    code.csr(2, TRAP_SCRATCH, _MCAUSE, 0)
    code.branch_to(4, TRAP_SCRATCH, 0, on)
    code.register(0, 0, TRAP_SUM, TRAP_SUM, TRAP_SCRATCH)
    code.csr(2, TRAP_SCRATCH, _MTVAL, 0)
    code.register(0, 4, TRAP_SUM, TRAP_SUM, TRAP_SCRATCH)
    code.csr(2, TRAP_SCRATCH, _MEPC, 0)
    code.register(0, 0, TRAP_SUM, TRAP_SUM, TRAP_SCRATCH)
    code.immediate(0, TRAP_SCRATCH, TRAP_SCRATCH, 4)
    code.csr(1, 0, _MEPC, TRAP_SCRATCH)
    code.word(0x30200073)  # mret
    code.place(on)
    _add_interrupt_handler(code)


def _add_late_handler(code: Code) -> None:
    """As the first, with other distances between its instructions."""
    on = code.new_label()
    code.csr(2, TRAP_SCRATCH, _MCAUSE, 0)
    code.branch_to(4, TRAP_SCRATCH, 0, on)
    code.csr(2, TRAP_SCRATCH, _MEPC, 0)
    code.immediate(0, TRAP_SCRATCH, TRAP_SCRATCH, 4)
    code.csr(1, 0, _MEPC, TRAP_SCRATCH)
    code.csr(2, TRAP_SCRATCH, _MCAUSE, 0)
    code.register(0, 0, TRAP_SUM, TRAP_SUM, TRAP_SCRATCH)
    code.shift(1, TRAP_SUM, TRAP_SUM, 1, arithmetic=False)
    code.csr(2, TRAP_SCRATCH, _MTVAL, 0)
    code.register(32, 0, TRAP_SUM, TRAP_SUM, TRAP_SCRATCH)
    code.word(0x30200073)
    code.place(on)
    _add_interrupt_handler(code)


def _add_busy_handler(code: Code) -> None:
    """As the first, with memory accesses."""
    on = code.new_label()
    code.csr(1, TRAP_SCRATCH, _MSCRATCH, TRAP_SCRATCH)
    code.csr(2, TRAP_SCRATCH, _MCAUSE, 0)
    code.branch_to(4, TRAP_SCRATCH, 0, on)
    first = PAGE_REGISTERS[0]
    code.store(2, TRAP_SUM, first, RECORD - 4)
    code.store(2, TRAP_SCRATCH, first, RECORD - 8)
    code.load(2, TRAP_SUM, first, RECORD - 4)
    code.load(1, TRAP_SCRATCH, first, RECORD - 8)
    code.register(0, 0, TRAP_SUM, TRAP_SUM, TRAP_SCRATCH)
    code.csr(2, TRAP_SCRATCH, _MEPC, 0)
    code.immediate(0, TRAP_SCRATCH, TRAP_SCRATCH, 4)
    code.csr(1, 0, _MEPC, TRAP_SCRATCH)
    code.store(2, TRAP_SCRATCH, first, RECORD - 12)
    code.word(0x30200073)
    code.place(on)
    _add_interrupt_handler(code)


def _add_interrupt_handler(code: Code) -> None:
    """Let the UART interrupt no more until it is allowed to, and go back."""
    code.store(2, 0, REGISTERS_REGISTER, _UART_EV_ENABLE)
    code.csr(2, TRAP_SCRATCH, _MEPC, 0)
    code.register(0, 0, TRAP_SUM, TRAP_SUM, TRAP_SCRATCH)
    code.csr(2, TRAP_SCRATCH, 0xB00, 0)
    code.register(0, 4, TRAP_SUM, TRAP_SUM, TRAP_SCRATCH)
    code.word(0x30200073)


def _add_values(sequence: Sequence, handlers: tuple[int, ...]) -> None:
    """Give registers values; some keep what the sequence before left in them."""
    code, draw = sequence.code, sequence.draw
    # Only the first page's middle is fixed: registers go there at the end.
    code.constant(PAGE_REGISTERS[0], PAGES[0] + PAGE_BYTES // 2)
    for register in PAGE_REGISTERS[1:]:
        shift = draw.choice((0, 0, 4, 32, 64, -60))
        code.constant(register, draw.choice(PAGES) + PAGE_BYTES // 2 + shift)
    for register in GENERAL:
        if draw.random() < 0.5:
            code.constant(register, draw.choice((*CORNERS, draw.getrandbits(32))))
    if handlers and draw.random() < 0.5:
        code.constant(TRAP_SCRATCH, draw.choice(handlers))
        code.csr(1, 0, _MTVEC, TRAP_SCRATCH)


def _add_end(code: Code, cpu: CpuVariant, number: int) -> None:
    base = PAGE_REGISTERS[0]
    # Interrupts off, so that what follows is the same wherever they were.
    if cpu.options.interrupts:
        code.csr(1, 0, _MIE, 0)
    offset = RECORD
    for register in range(1, 32):
        code.store(2, register, base, offset)
        offset += 4
    for csr in _recorded(cpu):
        code.csr(2, 1, csr, 0)
        code.store(2, 1, base, offset)
        offset += 4
    code.mark(LAYER_END, number, scratch=REGISTERS_REGISTER)


def _recorded(cpu: CpuVariant) -> Mapping[int, str]:
    """Return the control and status registers that are put into memory, in that order."""
    traps = _TRAP_REGISTERS if cpu.exceptions else {}
    return {_MCYCLE: "mcycle", _MINSTRET: "minstret", **traps}


def _names(cpu: CpuVariant) -> Mapping[int, str]:
    names = [*(f"x{register}" for register in range(1, 32)), *_recorded(cpu).values()]
    begin = PAGES[0] + PAGE_BYTES // 2 + RECORD
    return {begin + 4 * number: name for number, name in enumerate(names)}


def _add_exit(code: Code) -> None:
    code.mark(EXIT, scratch=REGISTERS_REGISTER)
    code.word(0x0000006F)


def _pointers(draw: random.Random) -> bytes:
    """Return addresses of words within the data's pages, not too near to their ends."""
    return b"".join(
        (draw.choice(PAGES) + draw.randrange(64, PAGE_BYTES - 64, 4)).to_bytes(4, "little")
        for _ in range(PAGE_BYTES // 4)
    )
