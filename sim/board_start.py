"""Getting a board from whatever it is at to where the firmware waits for its first command."""

from __future__ import annotations

__all__ = ["RESET_CALLS", "start_board", "upload_firmware"]

import contextlib
import time
import zlib
from collections.abc import Callable
from itertools import cycle

from boards import Board
from firmware.image import FirmwareImage
from firmware.protocol import (
    PROTOCOL_VERSION,
    Frame,
    FrameType,
    decode_ready,
    encode_hello,
    encode_reset,
)
from sim.board_link import FILLER, BoardLink
from sim.serial_boot import SERIAL_BOOT_REQUEST, NotListening, start_uploaded, upload
from sim.serial_line import SerialLine
from toolchain import PlaygroundError

RESET_CALLS = (encode_reset(), b"%reset%")
"""What makes our firmware reset the board: that of `cfu run`, and that of `cfu mlperf`."""

_WAKE_SECONDS = 2.0  # between attempts to be heard
_WAKE_ATTEMPTS = 3
_MOST_PATIENCE_SECONDS = 60.0  # with a firmware that is still at an earlier run
_FIRST_QUIET_SECONDS = 1.0  # of a board that is not about to start
_QUIET_SECONDS = 2.5  # of a BIOS that waits at its prompt
_SETTLE_SECONDS = 0.5
_HEARD_BYTES = 4096
_READY_SECONDS = 5.0
# What the BIOS says when the board will never take a program.
_BIOS_COMPLAINT = b"Memory initialization failed"
# What the firmware of `cfu mlperf` says, after a reset, too.
_MLPERF_READY = b"m-ready\r\n"
_VOLATILE_SECTIONS = (".data",)


def start_board(
    line: SerialLine,
    image: FirmwareImage,
    *,
    board: Board,
    slowdown: float,
    patience_seconds: float = 0.0,
    progress: Callable[[int], None],
) -> BoardLink:
    """Return a conversation with an image that has just started on a board.

    A board with LiteX's BIOS is reset and sent the image, whatever it is at: running a firmware of
    ours, at the BIOS's prompt, or just switched on. Another one holds the firmware in flash; it is
    reset, and must hold this image.

    Parameters
    ----------
    patience_seconds
        How long an earlier run may still take that the firmware is at, on real hardware. A board
        that starts from flash is called that long, a minute at most, before it is given up.
    progress
        Called with the count of the image's bytes that have been sent.

    Raises
    ------
    PlaygroundError
        If the board is not heard of, at another rate, without memory, or runs another firmware.
    """
    program = image.program.read_bytes()
    if board.has_bios:
        upload_firmware(line, image, slowdown=slowdown, progress=progress)
        link = BoardLink(line, slowdown)
        _await_uploaded(link)
    else:
        link = BoardLink(line, slowdown)
        _reach_flash(link, patience_seconds)
    is_flash = not board.memory(board.load_memory).is_writable
    whole = [(image.elf.load_address, len(program))]
    for address, size in whole if is_flash else _constant_ranges(image):
        begin = address - image.elf.load_address
        if link.crc(address, size) != zlib.crc32(program[begin : begin + size]):
            raise _wrong_program(line, in_flash=is_flash)
    return link


def upload_firmware(
    line: SerialLine,
    image: FirmwareImage,
    *,
    slowdown: float,
    progress: Callable[[int], None],
) -> None:
    """Send a firmware through the BIOS, whatever the board is at, and start it.

    Parameters
    ----------
    progress
        Called with the count of bytes that have been sent.

    Raises
    ------
    PlaygroundError
        If the BIOS is not heard of or does not take it.
    """
    program, address = image.program.read_bytes(), image.elf.load_address
    for _ in range(_WAKE_ATTEMPTS):
        _reach_bios(line, slowdown)
        with contextlib.suppress(NotListening):
            upload(line, program, address, slowdown=slowdown, progress=progress)
            start_uploaded(line, address, slowdown=slowdown)
            return
    raise PlaygroundError(
        f"LiteX's BIOS on `{line.port}` asks for a program and does not take it",
        hint="does the host's side of the line work? `litex_term --kernel` tries it, too",
    )


def _reach_bios(line: SerialLine, slowdown: float) -> None:
    """Bring the BIOS to the point where it would take a program.

    It must not be sent anything while it starts: a byte that arrives before it has set up its UART
    keeps it from ever hearing another one. So a board is first listened to, since opening the port
    may have started it, then reset as a firmware of ours would be, and only then spoken to as at
    the BIOS's prompt.
    """
    heard = _listen(line, b"", _FIRST_QUIET_SECONDS * slowdown, _QUIET_SECONDS * slowdown)
    for attempt in range(_WAKE_ATTEMPTS):
        for call in (*RESET_CALLS, b"\nserialboot\n"):
            if heard.endswith(SERIAL_BOOT_REQUEST):
                return
            line.write(call if attempt == 0 else FILLER + call)
            quiet = _QUIET_SECONDS * slowdown
            heard = _listen(line, heard, quiet, quiet)
        if _is_garbage(heard):
            break  # a reset firmware would have given way to the BIOS's text
    if not heard.endswith(SERIAL_BOOT_REQUEST):
        raise _unheard(line, heard)


def _listen(line: SerialLine, heard: bytes, first: float, quiet: float) -> bytes:
    """Return what was heard, with what came until the BIOS's request or until it became quiet."""
    deadline = time.monotonic() + first
    while (left := deadline - time.monotonic()) > 0:
        data = line.read(left)
        if not data:
            break
        heard = (heard + data)[-_HEARD_BYTES:]
        request = heard.rfind(SERIAL_BOOT_REQUEST)
        if request >= 0:
            return heard[: request + len(SERIAL_BOOT_REQUEST)]
        if _BIOS_COMPLAINT in heard:
            raise PlaygroundError(
                f"LiteX's BIOS on `{line.port}` cannot initialize the board's memory",
                hint="did the bitstream meet its timing? `cfu synth` tells",
            )
        deadline = time.monotonic() + quiet
    return heard


def _await_uploaded(link: BoardLink) -> None:
    """Wait until a program that was just started says that it is ready."""
    deadline = time.monotonic() + _READY_SECONDS * link.slowdown
    while (left := deadline - time.monotonic()) > 0:
        frame = link.next_frame(left)
        if frame is not None and frame.type is FrameType.READY:
            return _check_version(frame, link.line.port)
    raise PlaygroundError(
        f"the firmware that was uploaded to `{link.line.port}` does not start",
        hint="was it built for this board and CPU? The bitstream's must be the same",
    )


def _reach_flash(link: BoardLink, patience_seconds: float) -> None:
    """Bring a board that starts from flash to where its firmware is ready.

    A firmware that is still at a layer hears nothing: of what it is sent meanwhile, its queue holds
    the first few bytes, which are filler. So it is called again and again.
    """
    calls = (*RESET_CALLS, encode_hello())
    least = _WAKE_SECONDS * len(calls)
    patience = min(max(patience_seconds, least), _MOST_PATIENCE_SECONDS) * link.slowdown
    end = time.monotonic() + patience
    for call in cycle(calls):
        if time.monotonic() >= end:
            break
        deadline = time.monotonic() + _WAKE_SECONDS * link.slowdown
        link.resynchronize(call)
        while (left := deadline - time.monotonic()) > 0:
            frame = link.next_frame(left)
            if frame is not None and frame.type is FrameType.READY:
                _check_version(frame, link.line.port)
                _settle(link)
                return
        if _MLPERF_READY in link.heard:
            raise _wrong_program(link.line, in_flash=True)
    raise _unheard(link.line, link.heard, seconds=patience)


def _settle(link: BoardLink) -> None:
    """Wait until nothing more comes: a board that just started may be about to reset once more."""
    while link.next_frame(_SETTLE_SECONDS * link.slowdown) is not None:
        pass


def _check_version(ready: Frame, port: str) -> None:
    version, _ = decode_ready(ready.payload)
    if version != PROTOCOL_VERSION:
        raise PlaygroundError(
            f"the firmware on `{port}` speaks version {version} of the protocol, "
            f"not {PROTOCOL_VERSION}",
            hint="`cfu load` puts a firmware of this version there",
        )


def _constant_ranges(image: FirmwareImage) -> list[tuple[int, int]]:
    """Return address and size of the parts of an image that stay as they were loaded."""
    begin, end = image.elf.load_address, image.elf.load_address + len(image.elf.program)
    return [
        (section.address, section.bytes)
        for name, section in image.elf.sections.items()
        if name not in _VOLATILE_SECTIONS
        and section.bytes > 0
        and begin <= section.address
        and section.address + section.bytes <= end
    ]


def _wrong_program(line: SerialLine, *, in_flash: bool) -> PlaygroundError:
    if not in_flash:
        return PlaygroundError(
            f"the firmware in the memory of the board on `{line.port}` is not what was uploaded",
            hint="the board's memory loses bits: did its bitstream meet its timing?",
        )
    return PlaygroundError(
        f"the board on `{line.port}` holds another firmware in its flash",
        hint="`cfu load` with the same model, CFU and kernels puts this one there",
    )


def _unheard(line: SerialLine, heard: bytes, *, seconds: float | None = None) -> PlaygroundError:
    if not heard:
        called = "" if seconds is None else f", called for {seconds:.0f} s"
        return PlaygroundError(
            f"the board on `{line.port}` does not answer{called}",
            hint="is the bitstream loaded (`cfu load`), is it the board's port, and are receive "
            "and transmit not swapped? Press its reset button, and try again",
        )
    if _is_garbage(heard):
        return PlaygroundError(
            f"what comes from `{line.port}` at {line.baud:,} baud is garbage",
            hint="is that the rate that the board's bitstream was built for?",
        )
    return PlaygroundError(
        f"what is on `{line.port}` is no firmware of ours, and not LiteX's BIOS",
        hint="it says: " + heard[-80:].decode("ascii", errors="replace").strip(),
    )


def _is_garbage(heard: bytes) -> bool:
    printable = sum(byte in b"\t\r\n\x1b" or 32 <= byte < 127 for byte in heard)
    return printable < 0.9 * len(heard)
