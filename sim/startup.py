"""What a simulated SoC's memories hold before its clock starts."""

from __future__ import annotations

__all__ = ["startup_contents"]

from collections.abc import Mapping
from pathlib import Path

from firmware.image import FirmwareImage


def startup_contents(
    image: FirmwareImage, reset_address: int, directory: Path
) -> Mapping[int, Path]:
    """Return the files to put into memory, by address, for a firmware to start at once.

    A board with a BIOS gets, in place of it, a jump to the firmware.

    Parameters
    ----------
    reset_address
        Where the CPU starts.
    directory
        Where a file may be made.
    """
    begin = image.elf.load_address
    contents = {begin: image.program}
    if reset_address != begin:
        stub = directory / "stub"
        stub.write_bytes(_jump_to(begin))
        contents[reset_address] = stub
    return contents


def _jump_to(address: int) -> bytes:
    """Return RISC-V code that goes to an address, a multiple of 4096."""
    load_upper_t0 = address & 0xFFFF_F000 | 5 << 7 | 0b0110111
    jump_t0 = 5 << 15 | 0b1100111
    return load_upper_t0.to_bytes(4, "little") + jump_t0.to_bytes(4, "little")
