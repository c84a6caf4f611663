"""Uploading a program through LiteX's BIOS over a serial line (its protocol is called SFL)."""

from __future__ import annotations

__all__ = ["SERIAL_BOOT_REQUEST", "NotListening", "start_uploaded", "upload"]

import binascii
import enum
import time
from collections.abc import Callable

from sim.serial_line import SerialLine
from toolchain import PlaygroundError

SERIAL_BOOT_REQUEST = b"sL5DdSMmkekro\n"
"""What the BIOS sends when it would take a program."""

_ACCEPTED = b"z6IHG7cYDID6o\n"
_CHUNK_BYTES = 248  # a frame's payload has at most 255 bytes, four of them the address
_MAX_FAILURES = 20  # in a row
_MAX_FIRST_FAILURES = 3
# The BIOS gives up an unfinished frame after a quarter of a second.
_QUIET_SECONDS = 0.4
_ANSWER_SECONDS = 1.0


class NotListening(Exception):  # noqa: N818 - named for what happened
    """The BIOS no longer waits for a program."""


class _Command(enum.IntEnum):
    LOAD = 1
    JUMP = 2


class _Answer(bytes, enum.Enum):
    SUCCESS = b"K"
    BAD_CRC = b"C"
    UNKNOWN = b"U"
    TIMEOUT = b"E"


def upload(
    line: SerialLine,
    image: bytes,
    address: int,
    *,
    slowdown: float = 1.0,
    progress: Callable[[int], None] = lambda done: None,
) -> None:
    """Put a program into a board's memory, after the BIOS has sent its request.

    One frame is on the way at a time: a BIOS that lost a byte takes whatever follows for the rest
    of a frame, and one that is sent much more than it expects overwrites its own variables.

    Parameters
    ----------
    slowdown
        How many times longer the board takes for everything than one of real hardware.
    progress
        Called with the count of bytes that have arrived.

    Raises
    ------
    NotListening
        If the BIOS takes not even the first frame: it did not hear that it was answered.
    PlaygroundError
        If a later frame is damaged or unanswered again and again.
    """
    line.write(_ACCEPTED)
    for offset in range(0, len(image), _CHUNK_BYTES):
        chunk = image[offset : offset + _CHUNK_BYTES]
        payload = (address + offset).to_bytes(4, "big") + chunk
        attempts = _MAX_FIRST_FAILURES if offset == 0 else _MAX_FAILURES
        answer = _send(line, _Command.LOAD, payload, attempts=attempts, slowdown=slowdown)
        if answer != _Answer.SUCCESS and offset == 0:
            raise NotListening
        _require_success(line, answer)
        progress(offset + len(chunk))


def start_uploaded(line: SerialLine, address: int, *, slowdown: float = 1.0) -> None:
    """Let the BIOS go to an address; see `upload`."""
    payload = address.to_bytes(4, "big")
    answer = _send(line, _Command.JUMP, payload, attempts=_MAX_FAILURES, slowdown=slowdown)
    _require_success(line, answer)


def _send(
    line: SerialLine, command: _Command, payload: bytes, *, attempts: int, slowdown: float
) -> bytes:
    """Send a frame until it is acknowledged, which may be often, and return the last answer."""
    body = bytes([command]) + payload
    frame = bytes([len(payload)]) + binascii.crc_hqx(body, 0).to_bytes(2, "big") + body
    answer = b""
    for _ in range(attempts):
        line.write(frame)
        answer = line.read(_ANSWER_SECONDS * slowdown)[:1]
        if answer == _Answer.SUCCESS:
            break
        _await_quiet(line, _QUIET_SECONDS * slowdown)
    return answer


def _require_success(line: SerialLine, answer: bytes) -> None:
    if not answer:
        raise PlaygroundError(
            f"the board on `{line.port}` fell silent while it was sent the firmware",
            hint="did it lose power? Switch it off and on, and try again",
        )
    if answer != _Answer.SUCCESS:
        raise PlaygroundError(
            f"LiteX's BIOS on `{line.port}` rejected the same piece of firmware "
            f"{_MAX_FAILURES} times",
            hint="is the line noisy, or too fast for its cable? Try a shorter one",
        )


def _await_quiet(line: SerialLine, seconds: float) -> None:
    """Wait until the BIOS has given up what it took for a frame and has nothing more to say."""
    deadline = time.monotonic() + _MAX_FAILURES * seconds
    while line.read(seconds) and time.monotonic() < deadline:
        pass
