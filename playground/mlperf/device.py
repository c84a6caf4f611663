"""A device that speaks MLPerf Tiny's protocol, at the other end of a serial line."""

from __future__ import annotations

__all__ = ["ANSWER_SECONDS", "CHUNK_BYTES", "Connection", "Device", "Inference"]

import math
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from toolchain import PlaygroundError

CHUNK_BYTES = 31  # of input in a command; what the benchmark's own runner sends
_TERMINATOR = "%"
_READY = "m-ready"
_LAST_WORDS = "e-[exception"  # after which the firmware does nothing any more
ANSWER_SECONDS = 10.0  # for a command that is no inference
_QUIET_SECONDS = 0.25  # after which nothing more is on its way
_LARGEST_REPLY_BYTES = 1 << 20
_SHOWN_CHARACTERS = 60

Clock = Callable[[], float]


class Connection(Protocol):
    """Bytes to and from a device; `sim.serial_line.SerialLine` is one."""

    def write(self, data: bytes) -> None:
        """Send all of `data`."""
        ...

    def read(self, seconds: float) -> bytes:
        """Return what came in, waiting for the first byte; nothing if none comes in that time."""
        ...


@dataclass(frozen=True)
class Inference:
    """What an `infer` command gave.

    Attributes
    ----------
    count
        Inferences that were timed.
    microseconds
        From the first one's beginning to the last one's end, by the device's own clock.
    results
        The last one's results.
    """

    count: int
    microseconds: int
    results: tuple[float, ...]

    @property
    def per_second(self) -> float:
        """Inferences per second."""
        return self.count * 1e6 / self.microseconds


class Device:
    """Sends commands and understands answers.

    Whatever comes in or fails to, each command ends by itself.

    Parameters
    ----------
    answer_seconds
        How long the device may take for a command other than `infer`.
    clock
        Seconds, for timeouts.
    """

    def __init__(
        self,
        connection: Connection,
        *,
        answer_seconds: float = ANSWER_SECONDS,
        clock: Clock = time.monotonic,
    ) -> None:
        self._connection = connection
        self._answer_seconds = answer_seconds
        self._clock = clock
        self._pending = b""  # the beginning of a line

    def synchronize(self) -> None:
        """End whatever command was half sent, and forget what was answered to earlier ones.

        Raises
        ------
        PlaygroundError
            If the device is silent, or is none that speaks the protocol.
        """
        self._send("")
        self._receive("%", self._answer_seconds)
        deadline = self._clock() + self._answer_seconds
        while self._connection.read(_QUIET_SECONDS):
            if self._clock() > deadline:
                raise PlaygroundError(
                    "the device talks without end",
                    hint="is the baud rate the right one, and this the right port?",
                )
        self._pending = b""

    def name(self) -> str:
        """Ask for the device's name."""
        return self._field("name", r"m-name-dut-\[([^]]*)\]")

    def model(self) -> str:
        """Ask for the name of the model that the device runs."""
        return self._field("profile", r"m-model-\[([^]]*)\]")

    def load(self, data: bytes) -> None:
        """Send the input of the next inferences.

        Raises
        ------
        PlaygroundError
            If the device does not take it.
        """
        begin = f"db load {len(data)}"
        self._field(begin, r"m-\[Expecting ([0-9]+) bytes\]")
        answer: tuple[str, ...] = ()
        for at in range(0, len(data), CHUNK_BYTES):
            answer = self._command(f"db {data[at : at + CHUNK_BYTES].hex()}")
        if "m-load-done" not in answer:
            raise PlaygroundError(
                f"the device did not confirm `{begin}` after {len(data):,} bytes",
                hint=_shown(answer),
            )

    def infer(self, count: int, *, warmups: int, timeout_seconds: float) -> Inference:
        """Run inferences on the input that was loaded.

        Parameters
        ----------
        count, warmups
            Inferences that are timed, and before them ones that are not.
        timeout_seconds
            For all of them, with the answer.

        Raises
        ------
        PlaygroundError
            If the device reports an error, stays silent, or answers something else.
        """
        command = f"infer {count} {warmups}"
        lines = self._command(command, timeout_seconds)
        laps = [int(lap) for lap in _found(r"m-lap-us-([0-9]{1,18})", lines)]
        results = _found(r"m-results-\[([^]]*)\]", lines)
        if len(laps) != 2 or laps[1] <= laps[0]:
            raise PlaygroundError(
                f"the device's answer to `{command}` has no two times, one after the other",
                hint=_shown(lines),
            )
        if len(results) != 1:
            raise PlaygroundError(
                f"the device's answer to `{command}` has no results", hint=_shown(lines)
            )
        return Inference(
            count=count, microseconds=laps[1] - laps[0], results=_numbers(results[0], command)
        )

    def _field(self, command: str, pattern: str) -> str:
        lines = self._command(command)
        found = _found(pattern, lines)
        if not found:
            raise PlaygroundError(
                f"the device answers `{command}` with something else than the protocol has",
                hint=_shown(lines),
            )
        return found[0]

    def _command(self, command: str, timeout_seconds: float | None = None) -> tuple[str, ...]:
        """Send a command and return the lines of the answer, without the last, `m-ready`."""
        self._send(command)
        lines = self._receive(command, timeout_seconds or self._answer_seconds)
        for line in lines:
            if line.startswith("e-["):
                raise _error(command, line)
        return lines

    def _send(self, command: str) -> None:
        self._connection.write((command + _TERMINATOR).encode())

    def _receive(self, command: str, timeout_seconds: float) -> tuple[str, ...]:
        lines: list[str] = []
        received = 0
        deadline = self._clock() + timeout_seconds
        while True:
            remaining = deadline - self._clock()
            data = self._connection.read(remaining) if remaining > 0 else b""
            if not data and self._clock() >= deadline:
                raise self._silence(command, timeout_seconds, lines)
            received += len(data)
            *complete, self._pending = (self._pending + data).split(b"\n")
            for position, raw in enumerate(complete):
                line = raw.strip(b"\r\0").decode("ascii", "replace")
                if line.endswith(_READY):  # there may be rubbish before it after a reset
                    self._pending = b"\n".join([*complete[position + 1 :], self._pending])
                    return tuple(lines)
                lines.append(line)
                if line.startswith(_LAST_WORDS):
                    raise _error(command, line)
            if received > _LARGEST_REPLY_BYTES:
                raise PlaygroundError(
                    f"the device's answer to `{_shortened(command)}` does not end",
                    hint=_shown(lines),
                )

    def _silence(self, command: str, seconds: float, lines: list[str]) -> PlaygroundError:
        said = [*lines, *([self._pending.decode("ascii", "replace")] if self._pending else [])]
        return PlaygroundError(
            f"the device did not answer `{_shortened(command)}` within {seconds:g} s",
            hint=_shown(said)
            if said
            else "is this the right port and baud rate, and does the board run the firmware? "
            "`--upload` and `cfu load --mlperf` put it there",
        )


def _error(command: str, line: str) -> PlaygroundError:
    said = _printable(line.removeprefix("e-[").removesuffix("]"))
    return PlaygroundError(f"the device answers `{_shortened(command)}` with an error: {said}")


def _found(pattern: str, lines: tuple[str, ...]) -> list[str]:
    matches = (re.fullmatch(pattern, line) for line in lines)
    return [match[1] for match in matches if match is not None]


def _numbers(text: str, command: str) -> tuple[float, ...]:
    try:
        numbers = tuple(float(part) for part in text.split(",") if part.strip())
    except ValueError:
        numbers = ()
    if not numbers or not all(map(math.isfinite, numbers)):
        raise PlaygroundError(
            f"the device's results of `{command}` are no numbers",
            hint=_shown((f"m-results-[{text}]",)),
        )
    return numbers


def _shown(lines: tuple[str, ...] | list[str]) -> str:
    """Return the end of what a device said, safe to print."""
    if not lines:
        return "it said nothing but `m-ready`"
    shown = (_shortened(_printable(line)) for line in lines[-3:])
    return "it said " + ", ".join(f"`{line}`" for line in shown)


def _printable(text: str) -> str:
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text)


def _shortened(text: str) -> str:
    return text if len(text) <= _SHOWN_CHARACTERS else text[: _SHOWN_CHARACTERS - 3] + "..."
