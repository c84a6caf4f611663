"""Fomu PVT, an FPGA board that fits in a USB port."""

from __future__ import annotations

__all__ = ["BOARD"]

from boards.board import Board, Hardware, Programmer
from boards.memories import SpiFlash, Spram

BOARD = Board(
    name="fomu",
    summary="Fomu PVT: iCE40 UP5K, 128 KiB SPRAM, 2 MiB SPI flash",
    sys_clk_hz=12_000_000,
    memories=(
        Spram(name="sram", origin=0x1000_0000, bytes=128 << 10),
        SpiFlash(name="spiflash", origin=0x2000_0000, bytes=2 << 20, module="AT25SF161"),
    ),
    load_memory="spiflash",
    # The boot loader takes 256 KiB, the bitstream 128 KiB.
    load_offset=0x6_0000,
    work_memory="sram",
    cpu="up5k",
    hardware=Hardware(
        platform="litex_boards.platforms.kosagi_fomu_pvt:Platform",
        clocks="soc.up5k_clocks:Up5kClocks",
        clock_options={"pin": "clk48", "pin_hz": 48_000_000},
        # USB needs more logic than a CPU with a CFU leaves: the serial line is on touch pads 1, 2.
        serial_pins=("E4", "D5"),
        programmer=Programmer(
            "dfu-util", ("--device", "1209:5bf0", "--alt", "0"), flash_offset=0x4_0000
        ),
    ),
)
