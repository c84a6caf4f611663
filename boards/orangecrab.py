"""OrangeCrab revision 0.2, an ECP5 board in the form of an Adafruit Feather."""

from __future__ import annotations

__all__ = ["BOARD"]

from boards.board import Board, Hardware, Programmer
from boards.memories import BlockRam, Dram, Rom

BOARD = Board(
    name="orangecrab",
    summary="OrangeCrab r0.2: ECP5 25F, 128 MiB DDR3",
    sys_clk_hz=48_000_000,
    memories=(
        Rom(name="rom", origin=0, bytes=32 << 10),
        BlockRam(name="sram", origin=0x1000_0000, bytes=8 << 10),
        Dram(
            name="main_ram",
            origin=0x4000_0000,
            bytes=128 << 20,
            module="MT41K64M16",
            rate="1:2",
            phy="litedram.phy:ECP5DDRPHY",
            # The board swaps the two data masks; the delay suits clocks below 64 MHz.
            phy_options={"dm_remapping": {0: 1, 1: 0}, "cmd_delay": 100},
            electrical={"rtt_nom": "disabled"},
        ),
    ),
    load_memory="main_ram",
    work_memory="main_ram",
    hardware=Hardware(
        platform="litex_boards.platforms.gsd_orangecrab:Platform",
        platform_options={"device": "25F", "revision": "0.2"},
        clocks="litex_boards.targets.gsd_orangecrab:_CRGSDRAM",
        # USB would need a core of its own: the serial line is on the header's pins 0 (RX), 1 (TX).
        serial_pins=("N17", "M18"),
        programmer=Programmer("openfpgaloader", ("--board", "orangeCrab")),
    ),
)
