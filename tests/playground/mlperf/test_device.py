"""The runner's side of the protocol, with devices that answer well, badly and not at all."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import pytest

from playground.mlperf.device import CHUNK_BYTES, Device, Inference
from toolchain import PlaygroundError

_INFER = (
    "m-warmup-start-2",
    "m-warmup-done",
    "m-infer-start-4",
    "m-lap-us-1000",
    "m-lap-us-3000",
    "m-infer-done",
    "m-results-[0.250,0.750]",
)


@dataclass
class _FakeLine:
    """A serial line to a device that answers by a function; reading nothing takes time.

    Attributes
    ----------
    answer
        From a command to the bytes that come back.
    commands
        What the device was sent.
    piece_bytes
        How many bytes come at a time.
    """

    answer: Callable[[str], bytes]
    commands: list[str] = field(default_factory=list)
    piece_bytes: int = 5
    now: float = 0.0
    _coming: bytes = b""
    _sent: str = ""

    def write(self, data: bytes) -> None:
        *complete, self._sent = (self._sent + data.decode()).split("%")
        for command in complete:
            self.commands.append(command)
            self._coming += self.answer(command)

    def read(self, seconds: float) -> bytes:
        if not self._coming:
            self.now += seconds
            return b""
        self.now += 0.001
        piece, self._coming = self._coming[: self.piece_bytes], self._coming[self.piece_bytes :]
        return piece

    def device(self) -> Device:
        return Device(self, clock=lambda: self.now)


def _says(*lines: str) -> bytes:
    return "".join(f"{line}\r\n" for line in (*lines, "m-ready")).encode()


def _well(command: str) -> bytes:
    """Answer as a device does that takes 40 bytes."""
    match command.split():
        case ["name"]:
            return _says("m-name-dut-[board]")
        case ["profile"]:
            return _says("m-profile-[ULPMark for tinyML Firmware V0.0.1]", "m-model-[ic01]")
        case ["db", "load", "40"]:
            return _says("m-[Expecting 40 bytes]")
        case ["db", digits]:
            return _says(*(["m-load-done"] if len(digits) == 18 else []))
        case ["infer", "4", "2"]:
            return _says(*_INFER)
        case []:
            return _says()
    return _says(f"e-[Unknown command: {command}]")


def test_a_conversation() -> None:
    line = _FakeLine(_well)
    device = line.device()
    device.synchronize()
    assert device.name() == "board"
    assert device.model() == "ic01"
    device.load(bytes(range(40)))
    found = device.infer(4, warmups=2, timeout_seconds=1)
    assert found == Inference(count=4, microseconds=2000, results=(0.25, 0.75))
    assert found.per_second == 2000
    first = bytes(range(CHUNK_BYTES)).hex()
    assert line.commands == [
        *("", "name", "profile", "db load 40"),
        f"db {first}",
        f"db {bytes(range(CHUNK_BYTES, 40)).hex()}",
        "infer 4 2",
    ]
    assert max(map(len, line.commands)) <= 80


@pytest.mark.parametrize("piece_bytes", [1, 7, 1000])
def test_answers_come_in_pieces_of_any_size(piece_bytes: int) -> None:
    line = _FakeLine(_well, piece_bytes=piece_bytes)
    device = line.device()
    device.synchronize()
    assert device.infer(4, warmups=2, timeout_seconds=1).results == (0.25, 0.75)


def test_what_was_said_before_is_forgotten() -> None:
    """A device that has just started, or was asked by somebody else, has things to say."""
    rest = iter([b"\x00\xffe-[half a mess" + _says("e-[Unknown command: x]", "m-init-done")])

    def answer(command: str) -> bytes:
        return next(rest, b"") + _well(command)

    line = _FakeLine(answer)
    device = line.device()
    device.synchronize()
    assert device.name() == "board"


def test_text_that_kernels_print_is_no_answer() -> None:
    line = _FakeLine(lambda _: _says("m-print-[hello]", *_INFER[:4], "m-print-[x]", *_INFER[4:]))
    assert line.device().infer(4, warmups=2, timeout_seconds=1).microseconds == 2000


def _failure(answer: Callable[[str], bytes], use: Callable[[Device], object]) -> PlaygroundError:
    line = _FakeLine(answer, piece_bytes=4096)
    with pytest.raises(PlaygroundError) as caught:
        use(line.device())
    assert line.now < 60, "it took too long to give up"
    return caught.value


def _infer(device: Device) -> object:
    return device.infer(4, warmups=2, timeout_seconds=20)


def test_silence_ends() -> None:
    error = _failure(lambda _: b"", Device.synchronize)
    assert str(error) == "the device did not answer `%` within 10 s"
    assert error.hint is not None
    assert "right port and baud rate" in error.hint


def test_an_answer_that_breaks_off_ends() -> None:
    error = _failure(lambda _: b"m-warmup-start-2\r\nm-warm", _infer)
    assert str(error) == "the device did not answer `infer 4 2` within 20 s"
    assert error.hint == "it said `m-warmup-start-2`, `m-warm`"


def test_an_answer_without_end_ends() -> None:
    error = _failure(lambda _: b"m-lap-us-1\r\n" * 100_000, _infer)
    assert str(error) == "the device's answer to `infer 4 2` does not end"


def test_a_line_without_end_ends() -> None:
    error = _failure(lambda _: b"U" * 2_000_000, _infer)
    assert str(error) == "the device's answer to `infer 4 2` does not end"


def test_a_device_that_talks_for_ever_is_given_up() -> None:
    class Babbling(_FakeLine):
        def read(self, seconds: float) -> bytes:
            self.now += 0.1
            return b"m-ready\r\n"

    line = Babbling(_well)
    with pytest.raises(PlaygroundError, match="the device talks without end"):
        line.device().synchronize()


def test_garbage_ends_and_is_safe_to_print() -> None:
    error = _failure(lambda _: b"\x1b[2J\xff\xfe\r\n" + _says(), Device.name)
    assert str(error) == "the device answers `name` with something else than the protocol has"
    assert (
        error.hint
        == "it said `\N{REPLACEMENT CHARACTER}[2J" + "\N{REPLACEMENT CHARACTER}" * 2 + "`"
    )


def test_an_error_is_told() -> None:
    error = _failure(lambda _: _says("e-[the input is not loaded: 0 of 8 bytes]"), _infer)
    assert (
        str(error) == "the device answers `infer 4 2` with an error: "
        "the input is not loaded: 0 of 8 bytes"
    )


def test_an_exception_is_told_though_nothing_follows() -> None:
    error = _failure(lambda _: b"e-[exception 2 at 0x40001234]\r\n", _infer)
    assert "with an error: exception 2 at 0x40001234" in str(error)


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ((*_INFER[:4], *_INFER[5:]), "has no two times, one after the other"),
        ((*_INFER[:4], "m-lap-us-1000", *_INFER[5:]), "has no two times, one after the other"),
        ((*_INFER[:4], "m-lap-us-5", *_INFER[5:]), "has no two times, one after the other"),
        ((*_INFER[:4], f"m-lap-us-{'9' * 30}", *_INFER[5:]), "has no two times"),
        (_INFER[:6], "has no results"),
        ((*_INFER, _INFER[-1]), "has no results"),
        ((*_INFER[:6], "m-results-[]"), "are no numbers"),
        ((*_INFER[:6], "m-results-[a,b]"), "are no numbers"),
        ((*_INFER[:6], "m-results-[nan]"), "are no numbers"),
        ((), "has no two times"),
    ],
)
def test_wrong_answers_to_infer(lines: tuple[str, ...], message: str) -> None:
    assert message in str(_failure(lambda _: _says(*lines), _infer))


def test_a_device_that_loses_bytes_is_noticed() -> None:
    error = _failure(
        lambda command: _says("m-[Expecting 40 bytes]") if "load" in command else _says(),
        lambda device: device.load(bytes(40)),
    )
    assert str(error) == "the device did not confirm `db load 40` after 40 bytes"
