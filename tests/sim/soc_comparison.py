"""Where two simulators of a SoC differ in a run of the same program."""

from __future__ import annotations

__all__ = ["Compared", "Pair", "compare", "read_retired"]

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from tests.sim.instruction_text import instruction_text
from tests.sim.soc_programs import SocProgram
from tests.sim.soc_runs import Ran, SocSimulator, run

_RETIRED = np.dtype([("cycle", "<u8"), ("pc", "<u4")])
_CHUNK = 1 << 20
_TOLD = 8  # words that differ


@dataclass(frozen=True)
class Pair:
    """A simulator that is right, and one that is to be the same."""

    right: SocSimulator
    other: SocSimulator


@dataclass(frozen=True)
class Compared:
    """What came of a comparison.

    Attributes
    ----------
    instructions, cycles, exit
        Of the simulator that is right.
    difference
        What differs, in several lines; None if nothing does.
    """

    instructions: int
    cycles: int
    exit: str
    difference: str | None


def compare(
    pair: Pair,
    options: Sequence[str],
    directory: Path,
    *,
    program: SocProgram | None = None,
    around: int = 12,
) -> Compared:
    """Run a program on both and compare all that they show.

    The other simulator runs twice: telling of each instruction may take another way in it.

    Parameters
    ----------
    options
        By which the simulators get the program.
    program
        It, if it is one at random.
    around
        How many instructions to tell before and after the first that differs.
    """
    files = [directory / f"{each.name}-retired" for each in (pair.right, pair.other)]
    right = run(pair.right, options, directory, retired=files[0])
    others = [run(pair.other, options, directory, retired=each) for each in (files[1], None)]
    records = [read_retired(file) for file in files]
    told = []
    at = _first_difference(*records)
    if at is not None:
        told += _around(pair, records, at, options, program, around)
    for which, other in zip(("", ", without --retired"), others, strict=True):
        difference = _difference(program, right, other)
        if difference is not None:
            told.append(f"{pair.right.name} and {pair.other.name}{which}: {difference}")
    if told:
        told += [f"{pair.right.name} {right.report}", f"{pair.other.name} {others[0].report}"]
    return Compared(
        instructions=len(records[0]),
        cycles=right.report["cycles"],
        exit=right.report["exit"],
        difference="\n".join(told) or None,
    )


def _around(
    pair: Pair,
    records: Sequence[npt.NDArray[np.void]],
    at: int,
    options: Sequence[str],
    program: SocProgram | None,
    around: int,
) -> Iterator[str]:
    """Return the instructions around one, of both simulators, as lines."""
    last = len(records[0]) - 1
    sequence = program.sequence_at(int(records[0][min(at, last)]["pc"])) if program else None
    where = f", of sequence {sequence}" if sequence is not None else ""
    yield f"instruction {at}{where} is the first that differs"
    words = _instructions(options)
    for simulator, each in zip((pair.right, pair.other), records, strict=True):
        yield f"{simulator.name}: {len(each)} instructions"
        yield from _context(each, at, words, around)


def _difference(program: SocProgram | None, first: Ran, second: Ran) -> str | None:
    """Return the first thing that two runs differ in, if they do."""
    for number, (cycle, other_cycle) in enumerate(zip(first.cycles, second.cycles, strict=False)):
        name = f"sequence {number} at {program.starts[number]:#010x}" if program else f"{number}"
        memory = _memory_difference(program, number, first, second) if program else None
        if memory is not None:
            return f"{name} leaves {memory}"
        if cycle != other_cycle:
            return f"{name} ends in cycle {cycle}, {other_cycle}"
    if len(first.cycles) != len(second.cycles):
        return f"{len(first.cycles)} sequences end, {len(second.cycles)}"
    for what in ("exit", "cycles", "marker"):
        if first.report[what] != second.report[what]:
            return f"{what} is {first.report[what]}, {second.report[what]}"
    if first.uart_output != second.uart_output:
        return _uart_difference(first.uart_output, second.uart_output)
    return "memory" if first.memory != second.memory else None


def _uart_difference(first: bytes, second: bytes) -> str:
    pairs = enumerate(zip(first, second, strict=False))
    common = next((at for at, (a, b) in pairs if a != b), min(len(first), len(second)))
    rests = ", ".join(repr(each[common : common + 8]) for each in (first, second))
    return f"the UART sends {len(first)}, {len(second)} bytes; from {common} on {rests}"


def _memory_difference(program: SocProgram, number: int, first: Ran, second: Ran) -> str | None:
    """Return words that differ in the copies of a sequence's end, if any do."""
    size = sum(size for _, size in program.copies)
    parts = [ran.memory[number * size :][:size] for ran in (first, second)]
    if parts[0] == parts[1]:
        return None
    places = (address + at for address, size in program.copies for at in range(0, size, 4))
    found = []
    for position, address in enumerate(places):
        words = [part[4 * position :][:4][::-1].hex() for part in parts]
        if words[0] != words[1]:
            found.append(f"{words[0]}, {words[1]} at {program.names.get(address, hex(address))}")
    more = f" and {len(found) - _TOLD} more" if len(found) > _TOLD else ""
    return "; ".join(found[:_TOLD]) + more if found else f"{len(parts[0])} bytes, {len(parts[1])}"


def read_retired(file: Path) -> npt.NDArray[np.void]:
    """Return the records of a file as an array of `cycle` and `pc`, without reading it at once."""
    count = file.stat().st_size // _RETIRED.itemsize
    if count == 0:
        return np.empty(0, _RETIRED)
    return np.memmap(file, _RETIRED, mode="r", shape=(count,))


def _first_difference(first: npt.NDArray[np.void], second: npt.NDArray[np.void]) -> int | None:
    """Return the number of the first instruction that differs; None if all are the same."""
    common = min(len(first), len(second))
    for begin in range(0, common, _CHUNK):
        chunk = slice(begin, min(begin + _CHUNK, common))
        different = np.flatnonzero(first[chunk] != second[chunk])
        if len(different):
            return begin + int(different[0])
    return common if len(first) != len(second) else None


def _instructions(options: Sequence[str]) -> Mapping[int, int]:
    """Return the words that a program is loaded with, by address."""
    words = {}
    for at, option in enumerate(options):
        if option == "--load":
            begin = int(options[at + 1], 0)
            content = Path(options[at + 2]).read_bytes()
            for offset in range(0, len(content) - 3, 4):
                words[begin + offset] = int.from_bytes(content[offset : offset + 4], "little")
    return words


def _context(
    records: npt.NDArray[np.void], at: int, words: Mapping[int, int], around: int
) -> Iterator[str]:
    for number in range(max(0, at - around), min(len(records), at + around + 1)):
        cycle, pc = int(records[number]["cycle"]), int(records[number]["pc"])
        delta = cycle - int(records[number - 1]["cycle"]) if number else cycle
        text = instruction_text(words[pc], pc) if pc in words else "?"
        arrow = "->" if number == at else "  "
        yield f"{arrow} {number:>8} {cycle:>10} +{delta:<4} {pc:08x}  {text}"
