"""What the memories of a profile's board held."""

from __future__ import annotations

__all__ = ["known_board", "memory_uses", "placed_parts"]

import re
from collections.abc import Mapping

import boards
from boards import Board
from profiles import Profile
from profiles.report import MemoryUse
from toolchain import PlaygroundError

_PARTS = ("code", "kernels", "weights", "data")
# As `playground.run_profile` writes it: "flash, 2,048 KiB (code) and sram, 128 KiB (data)".
_MEMORY = re.compile(r"(\w+), ([\d,]+) KiB(?: \(([a-z, ]+)\))?")


def known_board(name: str) -> Board | None:
    """Return a board, `None` if this playground has none of that name."""
    try:
        return boards.find_board(name)
    except PlaygroundError:
        return None


def placed_parts(profile: Profile) -> Mapping[str, str]:
    """Return the memory of each part of the firmware, as the profile's note tells it."""
    memories = _MEMORY.findall(profile.memory.note)
    if len(memories) == 1:
        return dict.fromkeys(_PARTS, memories[0][0])
    return {part: name for name, _, parts in memories for part in parts.split(", ") if part}


def memory_uses(profile: Profile) -> tuple[MemoryUse, ...]:
    """Return what is in each memory while the program runs; empty if the note is of no known form.

    Kernels are counted with the code, wherever they are: the profile tells of both together.
    """
    sizes, places = profile.sizes, placed_parts(profile)
    if set(places) != set(_PARTS):
        return ()
    code = "code" if places["kernels"] == places["code"] else "code, kernels included"
    held = (
        ("code", code, sizes.text_bytes),
        ("code", "tables", sizes.rodata_bytes),
        ("weights", "weights", sizes.constants_bytes),
        ("data", "arena", sizes.arena_bytes),
        ("data", "variables", sizes.data_bytes + sizes.bss_bytes),
    )
    return tuple(
        MemoryUse(
            name=name,
            bytes=int(kibibytes.replace(",", "")) << 10,
            parts={title: size for part, title, size in held if places[part] == name},
        )
        for name, kibibytes, _ in _MEMORY.findall(profile.memory.note)
    )
