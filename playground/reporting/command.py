"""The command that runs again what a profile is of."""

from __future__ import annotations

__all__ = ["command_of"]

import shlex

from boards import Board
from firmware.compiler import compiler_names
from playground.design import Design
from playground.reporting.memories import known_board, placed_parts
from playground.reporting.origins import Origins
from profiles import Profile, Provenance


def command_of(profile: Profile, origins: Origins) -> str:
    """Return the command, which says all that matters, so that it means the same in any project.

    Empty if the model, the CFU or the kernels are not known any more.
    """
    if not origins.model_name or origins.cfu is None or not origins.kernels_name:
        return ""
    words = ["cfu", "run", origins.model_name, "--cfu", origins.cfu]
    words += ["--kernels", origins.kernels_name]
    if profile.board != Design.board:
        words += ["--board", profile.board]
    board = known_board(profile.board)
    if board is None or profile.cpu != board.cpu:
        words += ["--cpu", profile.cpu]
    if board is not None:
        if profile.memory.ideal and not board.ideal_memory:
            words.append("--ideal-memory")
        words += _placement(profile, board)
    compiler = ":".join(filter(None, (_compiler(profile), ",".join(profile.compiler.added))))
    if compiler != Design.compiler:
        words += ["--compiler", compiler]
    match profile.sources.cycles:
        case Provenance.RTL:
            words += ["--simulator", "verilator"]
        case Provenance.BOARD:
            words += ["--simulator", "board", "--port", "PORT"]
    for file in origins.inputs:
        words += ["--input", file.name]
    if all(layer.split is not None for layer in profile.layers):
        words.append("--why")
    return shlex.join(words)


def _compiler(profile: Profile) -> str:
    return next((name for name in compiler_names() if name in profile.compiler.name), "")


def _placement(profile: Profile, board: Board) -> list[str]:
    placed = [
        f"{part}={memory}"
        for part, memory in placed_parts(profile).items()
        if part != "data" and memory != board.load_memory
    ]
    return ["--place", ",".join(placed)] if placed else []
