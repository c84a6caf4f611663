"""A conversation with a firmware whose answers get lost, come late or answer something else."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Sequence
from typing import cast

import pytest

from firmware.protocol import FrameType, Refusal, decode_frames, encode_digest
from sim.board_link import BoardLink, InputsLost, Trapped
from sim.serial_boot import SERIAL_BOOT_REQUEST
from sim.serial_line import SerialLine
from toolchain import PlaygroundError


def _frame(kind: FrameType, *words: int) -> bytes:
    payload = struct.pack(f"<{len(words)}I", *words)
    body = struct.pack("<BI", kind, len(payload)) + payload
    return b"\xc5\xf0" + body + struct.pack("<I", zlib.crc32(body))


_ANSWER = _frame(FrameType.DIGEST_OF, 16, 4, 0xABCD)
_READY = _frame(FrameType.READY, 2, 1)


class FakeLine:
    """A line to a firmware that gives one of its answers to each thing it is sent."""

    port = "/dev/ttyFAKE"

    def __init__(self, answers: Sequence[bytes]) -> None:
        self._answers = list(answers)
        self._coming = b""
        self.asked: list[FrameType] = []

    def write(self, data: bytes) -> None:
        self.asked += [frame.type for frame in decode_frames(data)]
        if self._answers:
            self._coming += self._answers.pop(0)

    def read(self, seconds: float) -> bytes:
        data, self._coming = self._coming, b""
        return data


def _link(*answers: bytes) -> tuple[BoardLink, FakeLine]:
    line = FakeLine(answers)
    return BoardLink(cast("SerialLine", line), slowdown=0.001), line


def _ask(link: BoardLink) -> bytes:
    return link.ask(
        encode_digest(16, 4),
        lambda frame: frame.payload if frame.type is FrameType.DIGEST_OF else None,
        seconds=100,
        doing="looking",
    )


def test_an_answer() -> None:
    link, line = _link(b"noise" + _ANSWER)
    assert link.crc(16, 4) == 0xABCD
    assert line.asked == [FrameType.DIGEST]


def test_answers_to_other_questions_are_passed_over() -> None:
    link, _ = _link(_frame(FrameType.DIGEST_OF, 16, 5, 1) + _frame(FrameType.RESULT) + _ANSWER)
    assert link.crc(16, 4) == 0xABCD


def test_a_damaged_question_is_asked_again() -> None:
    link, line = _link(_frame(FrameType.REFUSED, Refusal.BAD_CRC), _ANSWER)
    assert link.crc(16, 4) == 0xABCD
    assert line.asked == [FrameType.DIGEST] * 2


def test_a_question_that_got_lost_is_asked_again() -> None:
    link, line = _link(b"", _READY, _ANSWER)
    assert link.crc(16, 4) == 0xABCD
    assert line.asked == [FrameType.DIGEST, FrameType.HELLO, FrameType.DIGEST]


def test_a_late_word_of_lost_inputs_does_not_matter_to_memory() -> None:
    link, _ = _link(_frame(FrameType.REFUSED, Refusal.MISSING_INPUT), _ANSWER)
    assert link.crc(16, 4) == 0xABCD


def test_lost_inputs_are_the_askers_to_send_again() -> None:
    link, _ = _link(_frame(FrameType.REFUSED, Refusal.MISSING_INPUT))
    with pytest.raises(InputsLost):
        _ask(link)


def test_an_exception_is_passed_on() -> None:
    link, _ = _link(_frame(FrameType.TRAP, 2, 0x40000000, 0, 0, 0))
    with pytest.raises(Trapped) as caught:
        _ask(link)
    assert caught.value.trap.cause == 2


@pytest.mark.parametrize(
    ("answers", "message"),
    [
        ([_READY], "restarted, looking"),
        ([SERIAL_BOOT_REQUEST], "restarted, looking"),
        ([_frame(FrameType.REFUSED, Refusal.BAD_STEP)], "restarted, looking"),
        ([], "fell silent, looking"),
        ([b"x" * 50], "fell silent, looking"),
        (
            [_frame(FrameType.REFUSED, Refusal.BAD_CRC)] * 20,
            "did not understand in 8 attempts, looking",
        ),
        ([_frame(FrameType.REFUSED, Refusal.BAD_INPUT)], "refused what it was sent, looking"),
    ],
)
def test_what_cannot_be_mended_is_told(answers: list[bytes], message: str) -> None:
    link, _ = _link(*answers)
    with pytest.raises(PlaygroundError) as caught:
        _ask(link)
    assert caught.value.message.endswith(f" on `/dev/ttyFAKE` {message}")
    assert caught.value.hint
