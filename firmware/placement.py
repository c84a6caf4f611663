"""Which memory each part of a firmware is in."""

from __future__ import annotations

__all__ = ["PARTS", "Placement", "default_placement", "parse_placement"]

import dataclasses
import difflib
from dataclasses import dataclass

from soc import MemoryMap
from toolchain import PlaygroundError

PARTS = ("code", "kernels", "weights")


@dataclass(frozen=True)
class Placement:
    """Names of memories, as the memory map has them.

    What is not in the memory that the image is loaded into is copied to its place at start-up.
    Variables, arena and stack are always in the work memory.

    Attributes
    ----------
    code
        For the code and constant tables of everything but the kernels.
    kernels
        For the code and tables of the kernels, which is where the time goes.
    weights
        For the model's constants.
    """

    code: str
    kernels: str
    weights: str


def default_placement(memory_map: MemoryMap) -> Placement:
    """Return the placement of everything where it is loaded."""
    return Placement(*[memory_map.load_memory] * len(PARTS))


def parse_placement(text: str, memory_map: MemoryMap) -> Placement:
    """Return the placement that "kernels=sram,weights=sram" describes; the rest is the default.

    Placing the code places the kernels with it, unless they are named too.

    Raises
    ------
    PlaygroundError
        If a part or a memory does not exist, or the memory cannot hold it.
    """
    chosen: dict[str, str] = {}
    for item in filter(None, (item.strip() for item in text.split(","))):
        part, equals, memory = (word.strip() for word in item.partition("="))
        if not equals or part not in PARTS:
            raise PlaygroundError(
                f"`{item}` in `--place {text}` places none of {', '.join(PARTS)}",
                hint="for example `--place kernels=sram,weights=sram`",
            )
        if part in chosen:
            raise PlaygroundError(
                f"`--place {text}` places `{part}` twice", hint="name each part once"
            )
        allowed = sorted({memory_map.load_memory, *memory_map.writable})
        if memory not in allowed:
            meant = difflib.get_close_matches(memory, allowed, n=1)
            raise PlaygroundError(
                f"`--place {item}`: nothing can be placed in a memory `{memory}`"
                + (f"; did you mean `{meant[0]}`?" if meant else ""),
                hint=f"memories of this board: {', '.join(allowed)}",
            )
        chosen[part] = memory
    if "code" in chosen:
        chosen.setdefault("kernels", chosen["code"])
    return dataclasses.replace(default_placement(memory_map), **chosen)
