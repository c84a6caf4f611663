"""Digilent Arty A7-35T."""

from __future__ import annotations

__all__ = ["BOARD"]

from boards.board import Board, Hardware, Programmer
from boards.memories import BlockRam, Dram, Rom

BOARD = Board(
    name="arty_a7_35",
    summary="Arty A7-35T: Artix-7, 256 MiB DDR3",
    sys_clk_hz=100_000_000,
    memories=(
        Rom(name="rom", origin=0, bytes=64 << 10),
        BlockRam(name="sram", origin=0x1000_0000, bytes=8 << 10),
        Dram(
            name="main_ram",
            origin=0x4000_0000,
            bytes=256 << 20,
            module="MT41K128M16",
            rate="1:4",
            phy="litedram.phy:A7DDRPHY",
            phy_options={"memtype": "DDR3", "nphases": 4},
            # Two words of the controller, and a line of the CPU's caches. A miss takes about 17
            # cycles for the first word and 5 for the second.
            l2_line_bytes=32,
        ),
    ),
    load_memory="main_ram",
    work_memory="main_ram",
    hardware=Hardware(
        platform="litex_boards.platforms.digilent_arty:Platform",
        platform_options={"variant": "a7-35"},
        clocks="soc.arty_clocks:ArtyClocks",
        programmer=Programmer("openfpgaloader", ("--board", "arty_a7_35t")),
    ),
)
