"""RV32IM with a CFU as text, roughly as assemblers write it."""

from __future__ import annotations

__all__ = ["instruction_text"]

_OPERATIONS = {
    0: ("add", "sll", "slt", "sltu", "xor", "srl", "or", "and"),
    1: ("mul", "mulh", "mulhsu", "mulhu", "div", "divu", "rem", "remu"),
    32: ("sub", "?", "?", "?", "?", "sra", "?", "?"),
}
_IMMEDIATES = ("addi", "slli", "slti", "sltiu", "xori", "srli", "ori", "andi")
_LOADS = ("lb", "lh", "lw", "?", "lbu", "lhu", "?", "?")
_STORES = ("sb", "sh", "sw", "?", "?", "?", "?", "?")
_BRANCHES = ("beq", "bne", "?", "?", "blt", "bge", "bltu", "bgeu")
_CSR_WAYS = ("?", "csrrw", "csrrs", "csrrc", "?", "csrrwi", "csrrsi", "csrrci")
_CSRS = {
    0x300: "mstatus",
    0x301: "misa",
    0x304: "mie",
    0x305: "mtvec",
    0x340: "mscratch",
    0x341: "mepc",
    0x342: "mcause",
    0x343: "mtval",
    0x344: "mip",
    0xB00: "mcycle",
    0xB02: "minstret",
    0xB80: "mcycleh",
    0xB82: "minstreth",
    0xBC0: "mask",
    0xC00: "cycle",
    0xC02: "instret",
    0xC80: "cycleh",
    0xC82: "instreth",
    0xFC0: "lines",
}
_WHOLE = {0x00000073: "ecall", 0x00100073: "ebreak", 0x30200073: "mret", 0x10500073: "wfi"}
_FENCES = {0: "fence", 1: "fence.i", 5: "flush data cache"}


def instruction_text(word: int, address: int) -> str:
    """Return an instruction as text; what is unknown is ".word"."""
    if word in _WHOLE:
        return _WHOLE[word]
    text = _text(word, address)
    return f".word {word:#010x}" if text is None or "?" in text else text


def _text(word: int, address: int) -> str | None:
    rd, rs1, rs2 = (f"x{word >> at & 31}" for at in (7, 15, 20))
    funct3, funct7 = word >> 12 & 7, word >> 25
    immediate = _signed(word >> 20, 12)
    offset = _signed(funct7 << 5 | word >> 7 & 31, 12)
    match word & 0x7F:
        case 0x33 if funct7 in _OPERATIONS:
            return f"{_OPERATIONS[funct7][funct3]} {rd}, {rs1}, {rs2}"
        case 0x13 if funct3 in (1, 5):
            name = "srai" if funct7 == 32 else _IMMEDIATES[funct3]
            return f"{name} {rd}, {rs1}, {word >> 20 & 31}"
        case 0x13:
            return f"{_IMMEDIATES[funct3]} {rd}, {rs1}, {immediate}"
        case 0x37:
            return f"lui {rd}, {word >> 12:#x}"
        case 0x17:
            return f"auipc {rd}, {word >> 12:#x}"
        case 0x03:
            return f"{_LOADS[funct3]} {rd}, {immediate}({rs1})"
        case 0x23:
            return f"{_STORES[funct3]} {rs2}, {offset}({rs1})"
        case 0x63:
            return f"{_BRANCHES[funct3]} {rs1}, {rs2}, {_target(address, _branch(word))}"
        case 0x6F:
            return f"jal {rd}, {_target(address, _jump(word))}"
        case 0x67:
            return f"jalr {rd}, {immediate}({rs1})"
        case 0x0F if funct3 in _FENCES:
            return _FENCES[funct3]
        case 0x73:
            number = word >> 20
            source = str(word >> 15 & 31) if funct3 & 4 else rs1
            return f"{_CSR_WAYS[funct3]} {rd}, {_CSRS.get(number, hex(number))}, {source}"
        case 0x0B:
            return f"cfu[{funct7},{funct3}] {rd}, {rs1}, {rs2}"
    return None


def _signed(value: int, bits: int) -> int:
    return value - (1 << bits) if value >> (bits - 1) & 1 else value


def _target(address: int, distance: int) -> str:
    return f"{address + distance & 0xFFFFFFFF:#010x}"


def _branch(word: int) -> int:
    return _signed(
        (word >> 31) << 12
        | (word >> 7 & 1) << 11
        | (word >> 25 & 0x3F) << 5
        | (word >> 8 & 15) << 1,
        13,
    )


def _jump(word: int) -> int:
    return _signed(
        (word >> 31) << 20
        | (word >> 12 & 0xFF) << 12
        | (word >> 20 & 1) << 11
        | (word >> 21 & 0x3FF) << 1,
        21,
    )
