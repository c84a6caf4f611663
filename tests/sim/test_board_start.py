"""Boards that are called until they answer, or are given up."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from boards import find_board
from firmware.image import FirmwareImage
from firmware.protocol import PROTOCOL_VERSION, FrameType, decode_frames
from sim.board_start import RESET_CALLS, start_board
from sim.serial_line import SerialLine
from toolchain import PlaygroundError

_PROGRAM = b"a firmware"
_BUSY_CALLS = 5


def _frame(kind: FrameType, *words: int) -> bytes:
    payload = struct.pack(f"<{len(words)}I", *words)
    body = struct.pack("<BI", kind, len(payload)) + payload
    return b"\xc5\xf0" + body + struct.pack("<I", zlib.crc32(body))


class _Line:
    """A line to a board that answers by a function of what it is sent."""

    port = "/dev/ttyFAKE"
    baud = 115_200

    def __init__(self, answer: Callable[[bytes], bytes]) -> None:
        self._answer = answer
        self._coming = b""
        self.calls = 0

    def write(self, data: bytes) -> None:
        self.calls += 1
        self._coming += self._answer(data)

    def read(self, seconds: float) -> bytes:
        data, self._coming = self._coming, b""
        return data


class _BusyBoard:
    """A firmware that is still at a layer for the first calls, and then hears one."""

    def __init__(self) -> None:
        self._calls = 0

    def __call__(self, data: bytes) -> bytes:
        self._calls += 1
        kinds = [frame.type for frame in decode_frames(data)]
        if FrameType.DIGEST in kinds:
            return _frame(FrameType.DIGEST_OF, 0, len(_PROGRAM), zlib.crc32(_PROGRAM))
        if self._calls <= _BUSY_CALLS or not kinds:
            return b""
        return _frame(FrameType.READY, PROTOCOL_VERSION, 1)


def _start(line: _Line, directory: Path, *, patience_seconds: float) -> None:
    program = directory / "program.bin"
    program.write_bytes(_PROGRAM)
    image = SimpleNamespace(program=program, elf=SimpleNamespace(load_address=0))
    start_board(
        cast("SerialLine", line),
        cast("FirmwareImage", image),
        board=find_board("icebreaker"),
        slowdown=0.05,
        patience_seconds=patience_seconds,
        progress=lambda done: None,
    )


def test_a_board_that_is_at_an_earlier_run_is_waited_for(tmp_path: Path) -> None:
    line = _Line(_BusyBoard())
    _start(line, tmp_path, patience_seconds=1000)
    assert line.calls > _BUSY_CALLS


def test_a_board_is_given_up_when_no_run_could_take_longer(tmp_path: Path) -> None:
    with pytest.raises(PlaygroundError) as caught:
        _start(_Line(_BusyBoard()), tmp_path, patience_seconds=1)
    assert caught.value.message == "the board on `/dev/ttyFAKE` does not answer, called for 0 s"


def test_the_firmware_of_mlperf_in_flash_is_another_one(tmp_path: Path) -> None:
    def answer(data: bytes) -> bytes:
        return b"m-init-done\r\nm-ready\r\n" if data.endswith(b"%reset%") else b""

    assert b"%reset%" in RESET_CALLS
    line = _Line(answer)
    with pytest.raises(PlaygroundError) as caught:
        _start(line, tmp_path, patience_seconds=1000)
    assert caught.value.message == "the board on `/dev/ttyFAKE` holds another firmware in its flash"
    assert line.calls == len(RESET_CALLS)
