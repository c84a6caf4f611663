"""What the memories of a board hold, as bars."""

from __future__ import annotations

__all__ = ["memory_map"]

from collections.abc import Sequence

from profiles.report.content import MemoryUse
from profiles.report.markup import Markup, clean, element, joined

_COLOURS = {
    "code": "run-1",
    "tables": "cause-hazard",
    "weights": "run-2",
    "arena": "run-3",
    "variables": "run-4",
}
_OTHER = "run-5"


def memory_map(memories: Sequence[MemoryUse]) -> Markup:
    """Return each memory with what of the firmware is in it, and how much is free.

    A bar is as long as what is used of its memory, or as all of it where that can be seen.
    """
    return element("div", *(_memory(memory) for memory in memories), class_="memories")


def _memory(memory: MemoryUse) -> Markup:
    used = sum(memory.parts.values())
    # In 16 MiB, a model of 50 kB is nothing to be seen.
    shows_free = used * 20 >= memory.bytes
    scale = max(memory.bytes if shows_free else used, used, 1)
    free = max(memory.bytes - used, 0)
    bars = [
        element(
            "span",
            class_="part",
            style=f"width: {100 * size / scale:.3f}%; background: var(--{_colour(part)})",
            title=f"{clean(part)}: {size:,} bytes",
        )
        for part, size in memory.parts.items()
        if size
    ]
    legend = [
        element(
            "li",
            element("i", style=f"background: var(--{_colour(part)})"),
            f"{clean(part)} {size:,}",
        )
        for part, size in memory.parts.items()
        if size
    ]
    share = f" ({used / memory.bytes:.1%})" if memory.bytes else ""
    return joined(
        [
            element(
                "p",
                element("b", clean(memory.name)),
                f" {used:,} of {memory.bytes:,} bytes{share}, {free:,} free"
                + ("" if shows_free else "; the bar is what is used"),
            ),
            element("div", *bars, class_="memory"),
            element("ul", *legend, class_="legend"),
        ]
    )


def _colour(part: str) -> str:
    return _COLOURS.get(part.split(",")[0].split(" ")[0], _OTHER)
