"""Boards, one file each."""

from __future__ import annotations

__all__ = ["Board", "Memory", "board_names", "find_board"]

from boards.board import Board, Memory
from toolchain import PlaygroundError, declarations


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
    boards = declarations("boards", "BOARD", Board)
    if name not in boards:
        raise PlaygroundError(
            f"there is no board `{name}`", hint=f"boards: {', '.join(sorted(boards))}"
        )
    return boards[name]
