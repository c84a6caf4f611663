"""Where programs for a whole SoC lie in memory, and an assembler with labels in both directions."""

from __future__ import annotations

__all__ = [
    "CFU_PAGE",
    "CODE",
    "CSR_BASE",
    "EXIT",
    "FAR_CODE",
    "LAYER_END",
    "PAGES",
    "PAGE_BYTES",
    "POINTERS",
    "RECORD",
    "Code",
    "FarCode",
    "jump_word",
]

from dataclasses import dataclass, field

from tests.sim.riscv import Program

CODE = 0x4000_0000
FAR_CODE = 0x4040_0000
PAGE_BYTES = 4096
# Where data is loaded and stored. All begin at one place of any cache up to 16 KiB but the second.
PAGES = (0x4010_0000, 0x4010_1000, 0x4010_4000, 0x4011_0000)
CFU_PAGE = 0x4013_0000  # that a CFU with a memory port writes to
POINTERS = 0x4012_0000  # a page of addresses within the others, which nobody stores to
RECORD = 1536  # in the first page, from its middle: where registers are put at the end
CSR_BASE = 0xF000_0400  # from which loads and stores reach all of LiteX's registers

LAYER_END, EXIT = 3, 4
_CTRL_SCRATCH = 0xF000_0004 - CSR_BASE
_FAR_PAGE_BYTES = 16 << 10  # of the largest instruction cache


@dataclass
class Code(Program):
    """Instructions for a SoC; branches and jumps go to numbered labels, which may be anywhere."""

    origin: int = CODE
    uncached: int | None = None
    interrupt_lines: int | None = None
    _labels: list[int | None] = field(default_factory=list)
    _references: list[tuple[int, int]] = field(default_factory=list)

    @property
    def image(self) -> bytes:
        for index, label in self._references:
            target = self._labels[label]
            assert target is not None
            distance = target - 4 * index
            if self.words[index] & 0x7F == 0x6F:
                self.words[index] |= jump_word(distance)
            else:
                self.words[index] |= _branch(distance)
        self._references.clear()
        return super().image

    def new_label(self) -> int:
        """Return a label that has no place yet."""
        self._labels.append(None)
        return len(self._labels) - 1

    def place(self, label: int) -> None:
        """Let a label name the next instruction."""
        self._labels[label] = self.here

    def branch_to(self, funct3: int, rs1: int, rs2: int, label: int) -> None:
        self._references.append((len(self.words), label))
        self.word(rs2 << 20 | rs1 << 15 | funct3 << 12 | 0x63)

    def jump_to(self, rd: int, label: int) -> None:
        self._references.append((len(self.words), label))
        self.word(rd << 7 | 0x6F)

    def mark(self, event: int, layer: int = 0, *, scratch: int = 31, value: int = 1) -> None:
        """Tell the bench of an event of `firmware/runtime/marker.h`."""
        self.constant(scratch, CSR_BASE)
        self.constant(value, event << 24 | layer)
        self.store(2, value, scratch, _CTRL_SCRATCH)

    def finish(self, scratch: int = 31, status: int = 1) -> None:
        """End a layer, for memory to be copied, and then the run; what follows is not executed."""
        self.mark(LAYER_END, scratch=scratch)
        self.mark(EXIT, scratch=scratch)
        self.word(0x0000006F)

    def shift(self, funct3: int, rd: int, rs1: int, amount: int, *, arithmetic: bool) -> None:
        self.immediate(funct3, rd, rs1, (arithmetic << 10) | amount)


@dataclass
class FarCode:
    """Functions far from their callers, at addresses that share a cache line with them."""

    _pages: list[list[tuple[int, int]]] = field(default_factory=list)
    _functions: list[tuple[int, list[int]]] = field(default_factory=list)

    def put(self, words: list[int], near: int) -> int:
        """Put down a function and return its address.

        Parameters
        ----------
        near
            The address to be in the same place of the cache as.
        """
        begin = near % _FAR_PAGE_BYTES
        end = begin + 4 * len(words)
        page = 0
        while page < len(self._pages) and any(
            begin < other_end and other_begin < end for other_begin, other_end in self._pages[page]
        ):
            page += 1
        if page == len(self._pages):
            self._pages.append([])
        self._pages[page].append((begin, end))
        # A function may reach into the next page: pages are two apart.
        address = FAR_CODE + 2 * page * _FAR_PAGE_BYTES + begin
        self._functions.append((address, words))
        return address

    @property
    def image(self) -> bytes:
        """What is in memory from `FAR_CODE` on."""
        content = bytearray(2 * len(self._pages) * _FAR_PAGE_BYTES)
        for address, words in self._functions:
            start = address - FAR_CODE
            data = b"".join(word.to_bytes(4, "little") for word in words)
            content[start : start + len(data)] = data
        return bytes(content)


def _branch(distance: int) -> int:
    assert -4096 <= distance < 4096, f"a branch cannot reach {distance} bytes"
    return (
        (distance >> 12 & 1) << 31
        | (distance >> 5 & 0x3F) << 25
        | (distance >> 1 & 15) << 8
        | (distance >> 11 & 1) << 7
    )


def jump_word(distance: int) -> int:
    """Return a jump over so many bytes that keeps no return address."""
    return (
        0x6F
        | (distance >> 20 & 1) << 31
        | (distance >> 1 & 0x3FF) << 21
        | (distance >> 11 & 1) << 20
        | (distance >> 12 & 0xFF) << 12
    )
