"""A design as a board that exists in simulation only, with a serial port of its own."""

from __future__ import annotations

__all__ = ["PreparedTerminal", "TerminalRequest", "prepared_terminal"]

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from boards import Board, Rom, find_board
from firmware.image import FirmwareImage
from playground.built import BuiltDesign, build_design
from playground.design import Design
from playground.progress import Progress
from sim.terminal import DEFAULT_BYTE_CYCLES, TerminalBoard
from sim.verilated_soc import build_verilated_soc
from soc.bios import build_bios
from toolchain import ArtifactCache

_DEFAULT_BAUD = 115_200
_BITS_OF_A_BYTE = 10  # start and stop bit included


@dataclass(frozen=True)
class TerminalRequest:
    """A simulated board to prepare.

    Attributes
    ----------
    real_rate
        Whether a byte takes as long as at the line's rate. Otherwise it takes less, which changes
        nothing but waiting.
    """

    design: Design
    real_rate: bool = False


@dataclass(frozen=True)
class PreparedTerminal:
    """A board ready to be switched on.

    Attributes
    ----------
    terminal
        Enter it to switch the board on.
    baud
        Rate of its serial line, bits a second.
    image
        The firmware: already in the flash of a board that starts from there, otherwise for the
        BIOS to be sent.
    """

    terminal: TerminalBoard
    board: Board
    baud: int
    image: FirmwareImage


def prepared_terminal(
    request: TerminalRequest, *, cache: ArtifactCache, progress: Progress
) -> PreparedTerminal:
    """Build a design's board, its BIOS if it has one, and its firmware.

    Raises
    ------
    PlaygroundError
        If something cannot be built.
    """
    built = build_design(request.design, cache=cache, progress=progress)
    with progress.phase("verilate", f"building the simulator with CFU `{built.cfu.spec.name}`"):
        verilated = build_verilated_soc(built.soc, built.cfu.verilog, traces=False, cache=cache)
    with progress.phase("bios", "preparing what the board starts"):
        contents = _contents(built, cache)
    # An idealized board has no hardware, but the line is the same.
    hardware = find_board(request.design.board).hardware
    baud = hardware.baud if hardware is not None else _DEFAULT_BAUD
    real = built.board.sys_clk_hz * _BITS_OF_A_BYTE // baud
    # Firmware in flash runs slowly there, and its line is not much faster than that.
    hurried = built.board.has_bios and not request.real_rate
    return PreparedTerminal(
        terminal=TerminalBoard(
            verilated,
            contents,
            baud=baud,
            byte_cycles=min(real, DEFAULT_BYTE_CYCLES) if hurried else real,
        ),
        board=built.board,
        baud=baud,
        image=built.image,
    )


def _contents(built: BuiltDesign, cache: ArtifactCache) -> Mapping[int, Path]:
    """Return what is in the board's memories when it is switched on."""
    if not built.board.has_bios:
        return {built.image.elf.load_address: built.image.program}
    rom = next(memory for memory in built.board.memories if isinstance(memory, Rom))
    assert built.soc.software is not None
    bios = build_bios(built.soc.software, isa=built.cpu.isa, rom_bytes=rom.bytes, cache=cache)
    return {rom.origin: bios}
