"""What the memories of a simulated SoC hold at first, as files that Verilog reads."""

from __future__ import annotations

__all__ = ["loading_statements", "write_contents"]

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from soc.storage import Storage, VerilogArray
from toolchain import PlaygroundError


def loading_statements(storage: Sequence[Storage], instance: str) -> str:
    """Return the Verilog statements that fill memories from the files of `write_contents`.

    Parameters
    ----------
    instance
        Name of the SoC.
    """
    return "".join(
        f'if ($value$plusargs("{_plusarg(number)}=%s", file)) '
        f"$readmemh(file, {instance}.{array.path});\n"
        for number, array in enumerate(_arrays(storage))
    )


def write_contents(
    storage: Sequence[Storage], contents: Mapping[int, Path], directory: Path
) -> tuple[str, ...]:
    """Write a file for each array that is not empty at first, and return the program's arguments.

    Parameters
    ----------
    storage
        None of it behind a cache.
    contents
        Files of raw bytes, by the address of the first byte.
    directory
        For the files.

    Raises
    ------
    PlaygroundError
        If something is to be where no memory is.
    """
    arrays = _arrays(storage)
    words: dict[VerilogArray, dict[int, int]] = defaultdict(dict)
    for address, file in contents.items():
        data = file.read_bytes()
        memory = next((m for m in storage if _holds(m, address, len(data))), None)
        if memory is None:
            raise PlaygroundError(f"`{file.name}` does not fit the memory at {address:#010x}")
        for array, index, word in _words(memory, address - memory.origin, data):
            words[array][index] = word
    arguments = []
    for array, elements in words.items():
        name = _plusarg(arrays.index(array))
        lines = (f"@{index:x}\n{word:x}\n" for index, word in elements.items())
        (directory / name).write_text("".join(lines))
        arguments.append(f"+{name}={directory / name}")
    return tuple(arguments)


def _arrays(storage: Sequence[Storage]) -> tuple[VerilogArray, ...]:
    return tuple(array for memory in storage for bank in memory.banks for array in bank)


def _plusarg(number: int) -> str:
    return f"array_{number}"


def _holds(memory: Storage, address: int, size_bytes: int) -> bool:
    return memory.origin <= address and address + size_bytes <= memory.origin + memory.bytes


def _words(memory: Storage, offset: int, data: bytes) -> Iterator[tuple[VerilogArray, int, int]]:
    """Yield array, index and value of each element that bytes from an offset on fill."""
    size = memory.element_bytes
    for position in range(0, len(data), size):
        stripe, in_stripe = divmod(offset + position, memory.stripe_bytes)
        turn, number = divmod(stripe, len(memory.banks))
        bank = memory.banks[number]
        row, lane = divmod((turn * memory.stripe_bytes + in_stripe) // size, len(bank))
        word = int.from_bytes(data[position : position + size], "little")
        yield bank[lane], row * memory.element_pitch, word
