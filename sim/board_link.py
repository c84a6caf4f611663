"""Questions to the firmware on a board, and its answers, over a line that may lose bytes."""

from __future__ import annotations

__all__ = ["FILLER", "BoardLink", "InputsLost", "Trapped"]

import contextlib
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

from firmware.protocol import (
    Digest,
    Frame,
    FrameStream,
    FrameType,
    Refusal,
    Trap,
    decode_content,
    decode_digest,
    decode_trap,
    encode_digest,
    encode_hello,
    encode_read,
)
from sim.serial_boot import SERIAL_BOOT_REQUEST
from sim.serial_line import SerialLine
from toolchain import PlaygroundError

T = TypeVar("T")

FILLER = bytes(1100)
"""More than the rest of any frame that a firmware may be waiting for."""

_MAX_ATTEMPTS = 8
_PROBE_SECONDS = 1.0  # of silence, after which the firmware is asked whether it is there
_MEMORY_SECONDS = 30.0  # for a digest of any tensor
_PIECE_BYTES = 1024
_HEARD_BYTES = 4096
_DAMAGED = (Refusal.BAD_CRC, Refusal.TOO_LONG, Refusal.UNKNOWN_TYPE)


class InputsLost(Exception):  # noqa: N818 - named for what happened
    """The firmware did not get all the bytes of a model's inputs."""


class Trapped(Exception):  # noqa: N818 - likewise
    """The firmware reported an exception."""

    def __init__(self, trap: Trap) -> None:
        super().__init__(trap)
        self.trap = trap


@dataclass
class BoardLink:
    """A conversation with the firmware's server.

    Attributes
    ----------
    slowdown
        How many times longer the board takes for everything than one of real hardware.
    text
        What kernels have printed.
    heard
        The end of everything that was received.
    """

    line: SerialLine
    slowdown: float = 1.0
    text: list[bytes] = field(default_factory=list)
    heard: bytes = b""
    _stream: FrameStream = field(default_factory=FrameStream)
    _received: deque[Frame] = field(default_factory=deque)

    def ask(
        self,
        question: bytes,
        answer: Callable[[Frame], T | None],
        *,
        seconds: float,
        doing: str,
    ) -> T:
        """Send a frame and return what `answer` makes of the frame that answers it.

        A question is asked again when it or its answer got lost: the firmware says so, or it says
        that it waits for a command.

        Parameters
        ----------
        answer
            Returns None for a frame that is not the answer.
        seconds
            How long real hardware may take.
        doing
            What the board is at, for errors: "running layer 3".

        Raises
        ------
        InputsLost
            If inputs did not arrive that the question needs.
        Trapped
            If the firmware reports an exception.
        PlaygroundError
            If the board restarts, falls silent, or does not understand in many attempts.
        """
        for _ in range(_MAX_ATTEMPTS):
            self.line.write(question)
            answered = self._await(answer, seconds=seconds, doing=doing)
            if answered is not None:
                return answered
        raise PlaygroundError(
            f"the board on `{self.line.port}` did not understand in {_MAX_ATTEMPTS} attempts, "
            f"{doing}",
            hint="is the line noisy? Try another cable or port",
        )

    def _await(
        self, answer: Callable[[Frame], T | None], *, seconds: float, doing: str
    ) -> T | None:
        """Return the answer, or None if the question is to be asked again."""
        deadline = time.monotonic() + seconds * self.slowdown
        probes = 0
        while (now := time.monotonic()) < deadline:
            frame = self.next_frame(min(_PROBE_SECONDS * self.slowdown, deadline - now))
            if frame is None:
                if SERIAL_BOOT_REQUEST in self.heard:
                    raise self._restarted(doing)
                if probes == 0:
                    self.line.write(encode_hello())  # fits the queue of a firmware that is busy
                else:
                    self.resynchronize(encode_hello())
                probes += 1
                continue
            answered = answer(frame)
            if answered is not None:
                self._forget_probes(probes)
                return answered
            match frame.type:
                case FrameType.TRAP:
                    raise Trapped(decode_trap(frame.payload))
                case FrameType.REFUSED:
                    self._raise_unless_damaged(frame, doing)
                    return None
                case FrameType.READY if probes == 0:
                    raise self._restarted(doing)
                case FrameType.READY:
                    self._forget_probes(probes - 1)
                    return None
        raise PlaygroundError(
            f"the board on `{self.line.port}` fell silent, {doing}",
            hint=f"it had {seconds:,.1f} s. Did it lose power, or does a kernel loop for ever? "
            "Press its reset button; if it only needs longer, raise `max_cycles` in cfu.toml, or "
            "`cfu run --max-cycles`",
        )

    def crc(self, address: int, size: int) -> int:
        """Return the CRC-32 of a range of the board's memory; see `ask`."""

        def answer(frame: Frame) -> Digest | None:
            if frame.type is not FrameType.DIGEST_OF:
                return None
            found = decode_digest(frame.payload)
            return found if (found.address, found.bytes) == (address, size) else None

        return self._look(encode_digest(address, size), answer).crc

    def content(self, address: int, size: int) -> bytes:
        """Return the bytes of a range of the board's memory; see `ask`."""
        return b"".join(
            self._piece(address + offset, min(_PIECE_BYTES, size - offset))
            for offset in range(0, size, _PIECE_BYTES)
        )

    def _piece(self, address: int, size: int) -> bytes:
        def answer(frame: Frame) -> bytes | None:
            if frame.type is not FrameType.CONTENT:
                return None
            begin, data = decode_content(frame.payload)
            return data if (begin, len(data)) == (address, size) else None

        return self._look(encode_read(address, size), answer)

    def _look(self, question: bytes, answer: Callable[[Frame], T | None]) -> T:
        """Ask about memory, for which no inputs are needed: a word of lost ones is a late one."""
        doing = "looking into memory"
        with contextlib.suppress(InputsLost):
            return self.ask(question, answer, seconds=_MEMORY_SECONDS, doing=doing)
        return self.ask(question, answer, seconds=_MEMORY_SECONDS, doing=doing)

    def resynchronize(self, question: bytes) -> None:
        """Send a frame to a firmware that may have received the beginning of another one only."""
        self.line.write(FILLER + question)

    def _forget_probes(self, count: int) -> None:
        """Take the answers to probes off the line, lest they pass for those to later ones."""
        deadline = time.monotonic() + _PROBE_SECONDS * self.slowdown
        while count > 0 and (now := time.monotonic()) < deadline:
            frame = self.next_frame(deadline - now)
            if frame is not None and frame.type is FrameType.READY:
                count -= 1

    def next_frame(self, seconds: float) -> Frame | None:
        """Return the next frame, or None if none has come in time."""
        deadline = time.monotonic() + seconds
        while not self._received:
            left = deadline - time.monotonic()
            if left <= 0:
                return None
            data = self.line.read(left)
            self.heard = (self.heard + data)[-_HEARD_BYTES:]
            self._received.extend(self._stream.feed(data))
        frame = self._received.popleft()
        if frame.type is FrameType.TEXT:
            self.text.append(frame.payload)
        return frame

    def _raise_unless_damaged(self, frame: Frame, doing: str) -> None:
        reason = int.from_bytes(frame.payload[:4], "little")
        if reason in _DAMAGED:
            return
        if reason == Refusal.MISSING_INPUT:
            raise InputsLost
        if reason == Refusal.BAD_STEP:
            raise self._restarted(doing)
        raise PlaygroundError(
            f"the firmware on `{self.line.port}` refused what it was sent, {doing}",
            hint="is it the firmware of another model? `cfu load` puts the right one there",
        )

    def _restarted(self, doing: str) -> PlaygroundError:
        return PlaygroundError(
            f"the board on `{self.line.port}` restarted, {doing}",
            hint="is its supply weak, or was its reset button pressed?",
        )
