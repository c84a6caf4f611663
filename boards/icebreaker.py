"""1BitSquared iCEBreaker."""

from __future__ import annotations

__all__ = ["BOARD"]

from boards.board import Board, Hardware, Programmer
from boards.memories import SpiFlash, Spram

BOARD = Board(
    name="icebreaker",
    summary="iCEBreaker: iCE40 UP5K, 128 KiB SPRAM, 16 MiB SPI flash",
    sys_clk_hz=16_500_000,
    memories=(
        Spram(name="sram", origin=0x1000_0000, bytes=128 << 10),
        SpiFlash(name="spiflash", origin=0x2000_0000, bytes=16 << 20, module="W25Q128JV"),
    ),
    load_memory="spiflash",
    load_offset=0x4_0000,  # behind the bitstream
    work_memory="sram",
    cpu="up5k",
    hardware=Hardware(
        platform="litex_boards.platforms.icebreaker:Platform",
        clocks="soc.up5k_clocks:Up5kClocks",
        clock_options={
            "pin": "clk12",
            "pin_hz": 12_000_000,
            "from_pad": True,
            "reset_pin": "user_btn_n",
        },
        programmer=Programmer("openfpgaloader", ("--board", "ice40_generic")),
    ),
)
