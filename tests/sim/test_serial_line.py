"""Ports that cannot be opened, and ports that go away."""

from __future__ import annotations

import errno
import os
import pty
from pathlib import Path
from typing import Any

import pytest
import serial

from sim.serial_line import SerialLine
from toolchain import PlaygroundError


def _fails(port: str, baud: int = 115_200) -> PlaygroundError:
    with pytest.raises(PlaygroundError) as caught:
        SerialLine(port, baud)
    return caught.value


def test_bytes_go_both_ways() -> None:
    master, slave = pty.openpty()
    sent = bytes(range(256)) * 8
    with SerialLine(os.ttyname(slave), 115_200) as line:
        os.write(master, b"hello")
        assert line.read(5) == b"hello"
        assert line.read(0.01) == b""
        line.write(sent)
        received = b""
        while len(received) < len(sent):
            received += os.read(master, 4096)
    assert received == sent
    os.close(master)
    os.close(slave)


def test_a_port_that_is_absent() -> None:
    error = _fails("/dev/ttyNOWHERE")
    assert error.message == "there is no port `/dev/ttyNOWHERE`"
    assert "ports" in (error.hint or "")


def test_a_port_that_is_busy() -> None:
    master, slave = pty.openpty()
    port = os.ttyname(slave)
    with SerialLine(port, 115_200):
        error = _fails(port)
    assert error.message == f"port `{port}` is used by another program"
    assert f"fuser {port}" in (error.hint or "")
    os.close(master)
    os.close(slave)


@pytest.mark.parametrize(
    ("code", "message"),
    [
        (errno.EACCES, "you may not use port `/dev/ttyUSB0`"),
        (errno.EBUSY, "port `/dev/ttyUSB0` is used by another program"),
    ],
)
def test_a_port_that_the_system_refuses(
    monkeypatch: pytest.MonkeyPatch, code: int, message: str
) -> None:
    def refuse(*arguments: Any, **options: Any) -> None:
        raise serial.SerialException(code, f"could not open port: {os.strerror(code)}")

    monkeypatch.setattr(serial, "Serial", refuse)
    assert _fails("/dev/ttyUSB0").message == message


def test_a_file_is_no_port(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch()
    error = _fails(str(file))
    assert error.message.startswith(f"`{file}` cannot be used as a serial port: ")


def test_a_port_that_goes_away() -> None:
    master, slave = pty.openpty()
    port = os.ttyname(slave)
    with SerialLine(port, 115_200) as line:
        os.close(slave)
        os.close(master)
        for use in (lambda: line.read(1), lambda: line.write(b"x")):
            with pytest.raises(PlaygroundError) as caught:
                use()
            assert caught.value.message == f"port `{port}` is gone"
