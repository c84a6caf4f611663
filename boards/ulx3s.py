"""Radiona ULX3S with the largest FPGA it is sold with."""

from __future__ import annotations

__all__ = ["BOARD"]

from boards.board import Board, Hardware, Programmer
from boards.memories import BlockRam, Dram, Rom

BOARD = Board(
    name="ulx3s",
    summary="ULX3S: ECP5 85F, 32 MiB SDRAM",
    sys_clk_hz=50_000_000,
    memories=(
        Rom(name="rom", origin=0, bytes=64 << 10),
        BlockRam(name="sram", origin=0x1000_0000, bytes=8 << 10),
        Dram(
            name="main_ram",
            origin=0x4000_0000,
            bytes=32 << 20,
            module="MT48LC16M16",
            rate="1:1",
            phy="litedram.phy:GENSDRPHY",
        ),
    ),
    load_memory="main_ram",
    work_memory="main_ram",
    hardware=Hardware(
        platform="litex_boards.platforms.radiona_ulx3s:Platform",
        platform_options={"device": "LFE5U-85F", "revision": "2.0"},
        clocks="litex_boards.targets.radiona_ulx3s:_CRG",
        programmer=Programmer("openfpgaloader", ("--board", "ulx3s")),
    ),
)
