"""Putting a bitstream, and firmware where it belongs into flash, into a board."""

from __future__ import annotations

__all__ = ["find_programmer", "program_board"]

import tempfile
from pathlib import Path

from boards import Board
from firmware.image import FirmwareImage
from playground.progress import Progress
from toolchain import PlaygroundError, Tool, ToolFailed, ToolMissing, run_tool
from toolchain.programmers import dfu_util, openfpgaloader

_ERASED = b"\xff"
_MISSING_LIBRARY = "error while loading shared libraries"
# What the tools say when there is no board.
_NOT_FOUND = ("unable to open ftdi device", "No DFU capable USB device", "device not found")
_NOT_ALLOWED = ("LIBUSB_ERROR_ACCESS", "Permission denied", "usb_open() failed")


def find_programmer(board: Board) -> Tool:
    """Return the program that programs a board.

    Raises
    ------
    PlaygroundError
        If the board exists in simulation only.
    ToolMissing
        If it is not installed, with how to get it.
    """
    if board.hardware is None:
        raise PlaygroundError(
            f"board `{board.name}` exists in simulation only",
            hint="`cfu list boards` shows those that have an FPGA",
        )
    match board.hardware.programmer.tool:
        case "openfpgaloader":
            return openfpgaloader()
        case "dfu-util":
            return dfu_util()
        case name:
            raise ValueError(f"board `{board.name}` has no such programmer: {name}")


def program_board(
    board: Board,
    bitstream: Path,
    image: FirmwareImage | None,
    *,
    flash: bool,
    progress: Progress,
) -> None:
    """Program a board's FPGA, and put firmware into the flash of one that starts from there.

    Parameters
    ----------
    image
        Firmware for a board without a BIOS; other boards are sent theirs later.
    flash
        Whether the bitstream is to stay when the board is switched off. Where it shares the flash
        with the firmware it always does.

    Raises
    ------
    PlaygroundError
        If the board cannot be programmed from here, or bitstream or firmware do not fit the flash.
    ToolMissing, ToolFailed
        If the programmer is not installed, lacks a library, finds no board or may not use it.
    """
    hardware = board.hardware
    if hardware is not None and not board.has_bios:
        _check_room(board, bitstream)
    tool = find_programmer(board)
    assert hardware is not None
    programmer = hardware.programmer
    match programmer.tool:
        case "openfpgaloader":
            options = [*programmer.arguments]
            if image is not None:
                # The bitstream comes last, since the board starts when it is there.
                place = ["--write-flash", "--offset", str(board.load_offset), "--file-type", "raw"]
                with progress.phase("program", "writing the firmware into the board's flash"):
                    _run(tool, [*options, *place, image.program])
            if flash or not board.has_bios:
                options.append("--write-flash")
            with progress.phase("program", "writing the bitstream into the board"):
                _run(tool, [*options, bitstream])
        case "dfu-util":
            with (
                tempfile.TemporaryDirectory(prefix="cfu-load-") as directory,
                progress.phase("program", "writing bitstream and firmware into the board's flash"),
            ):
                joined = Path(directory) / "board.dfu"
                joined.write_bytes(_joined(board, bitstream, image, programmer.flash_offset))
                _run(tool, [*programmer.arguments, "--download", joined, "--reset"])


def _joined(board: Board, bitstream: Path, image: FirmwareImage | None, begin: int) -> bytes:
    """Return what the flash holds from the bitstream's beginning to the firmware's end."""
    content = bitstream.read_bytes()
    if image is None:
        return content
    return content.ljust(board.load_offset - begin, _ERASED) + image.program.read_bytes()


def _check_room(board: Board, bitstream: Path) -> None:
    assert board.hardware is not None
    room = board.load_offset - board.hardware.programmer.flash_offset
    needed = bitstream.stat().st_size
    if needed > room:
        raise PlaygroundError(
            f"the bitstream `{bitstream}` has {needed:,} bytes, and {room:,} are before the "
            f"firmware in the flash of board `{board.name}`",
            hint="is it a bitstream of this board?",
        )


def _run(tool: Tool, arguments: list[str | Path]) -> None:
    try:
        run_tool(tool, arguments, what="programming the board")
    except ToolFailed as error:
        said = error.details or ""
        if _MISSING_LIBRARY in said:
            raise ToolMissing(
                f"`{tool.name}` does not start: a library is missing",
                hint="on Debian and Ubuntu: `sudo apt install libusb-1.0-0 libftdi1-2`",
                details=said,
            ) from error
        if any(words in said for words in _NOT_ALLOWED):
            raise ToolFailed(
                f"`{tool.name}` may not use the board",
                hint="udev rules give you access to it: see `99-openfpgaloader.rules` in "
                "openFPGALoader's sources, or run as root",
                details=said,
            ) from error
        if any(words in said for words in _NOT_FOUND):
            raise ToolFailed(
                f"`{tool.name}` finds no board",
                hint="is it plugged in, and is its boot loader running where it needs one?",
                details=said,
            ) from error
        raise
