"""Boards, one file each."""

from __future__ import annotations

__all__ = [
    "BlockRam",
    "Board",
    "Dram",
    "Hardware",
    "Memory",
    "Programmer",
    "Rom",
    "SpiFlash",
    "Spram",
    "board_names",
    "find_board",
]

from boards.board import Board, Hardware, Programmer
from boards.memories import BlockRam, Dram, Memory, Rom, SpiFlash, Spram
from toolchain import declaration, declarations


def board_names() -> tuple[str, ...]:
    """Return the names of the boards, sorted."""
    return tuple(sorted(declarations("boards", "BOARD", Board)))


def find_board(name: str) -> Board:
    """Return a board by its name.

    Raises
    ------
    PlaygroundError
        If there is no such board.
    """
    return declaration("boards", "BOARD", Board, name, noun="board")
