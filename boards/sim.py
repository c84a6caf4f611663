"""A board that exists only in simulation: a LiteX SoC whose memory answers at once."""

from __future__ import annotations

__all__ = ["BOARD"]

from boards.board import Board
from boards.memories import BlockRam

BOARD = Board(
    name="sim",
    summary="simulation only: 16 MiB of ideal memory, UART",
    sys_clk_hz=100_000_000,
    memories=(BlockRam(name="main_ram", origin=0x4000_0000, bytes=16 << 20),),
    load_memory="main_ram",
    work_memory="main_ram",
)
