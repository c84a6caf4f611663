"""A board's serial port on the host."""

from __future__ import annotations

__all__ = ["SerialLine"]

import errno
from types import TracebackType

import serial
from serial.tools import list_ports

from toolchain import PlaygroundError

_READ_BYTES = 4096
_WRITE_BYTES = 1024  # in the time that a write may take
_WRITE_SECONDS = 10


class SerialLine:
    """An open serial port, for this process alone.

    Parameters
    ----------
    port
        Its path, such as "/dev/ttyUSB0".
    baud
        Bits a second.

    Raises
    ------
    PlaygroundError
        If it is not there, is used by another program, may not be used, or is no serial port.
    """

    def __init__(self, port: str, baud: int) -> None:
        self._port = port
        self.baud = baud
        try:
            self._serial = serial.Serial(
                port, baud, timeout=0, write_timeout=_WRITE_SECONDS, exclusive=True
            )
        except ValueError as error:
            raise PlaygroundError(
                f"port `{port}` cannot be set to {baud:,} baud: {error}",
                hint="115200 works with any adapter",
            ) from error
        except serial.SerialException as error:
            raise _cannot_open(port, error) from error

    def __enter__(self) -> SerialLine:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._serial.close()

    @property
    def port(self) -> str:
        """Path of the port."""
        return self._port

    def write(self, data: bytes) -> None:
        """Send bytes.

        Raises
        ------
        PlaygroundError
            If the port is gone or takes nothing.
        """
        try:
            for offset in range(0, len(data), _WRITE_BYTES):
                self._serial.write(data[offset : offset + _WRITE_BYTES])
        except serial.SerialTimeoutException as error:
            raise PlaygroundError(
                f"port `{self._port}` takes no bytes",
                hint="is the board switched on, and its adapter not stopped by flow control?",
            ) from error
        except (OSError, serial.SerialException) as error:
            raise self._lost() from error

    def read(self, seconds: float) -> bytes:
        """Return the bytes that have come, waiting for the first of them; empty if none comes.

        Raises
        ------
        PlaygroundError
            If the port is gone.
        """
        try:
            self._serial.timeout = seconds
            first: bytes = self._serial.read(1)
            if not first:
                return b""
            self._serial.timeout = 0
            return first + bytes(self._serial.read(_READ_BYTES))
        except (OSError, serial.SerialException) as error:
            raise self._lost() from error

    def _lost(self) -> PlaygroundError:
        return PlaygroundError(
            f"port `{self._port}` is gone",
            hint="was the board unplugged, or is another program reading from the port?",
        )


def _cannot_open(port: str, error: serial.SerialException) -> PlaygroundError:
    if error.errno == errno.ENOENT:
        found = sorted(info.device for info in list_ports.comports())
        return PlaygroundError(
            f"there is no port `{port}`",
            hint=f"ports that are there: {', '.join(found)}"
            if found
            else "there are no serial ports; is the board plugged in?",
        )
    if error.errno in (errno.EACCES, errno.EPERM):
        return PlaygroundError(
            f"you may not use port `{port}`",
            hint="most systems let members of group `dialout` use serial ports: "
            "`sudo usermod -aG dialout $USER`, then log in again",
        )
    if error.errno in (errno.EBUSY, errno.EAGAIN) or "lock" in str(error):
        return PlaygroundError(
            f"port `{port}` is used by another program",
            hint=f"end the terminal or monitor that has it open; `fuser {port}` names it",
        )
    return PlaygroundError(
        f"`{port}` cannot be used as a serial port: {error}",
        hint="name the port of the board's serial adapter, such as /dev/ttyUSB0",
    )
