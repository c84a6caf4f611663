"""The serial line to a device."""

from __future__ import annotations

__all__ = ["Connection", "PortConnection", "open_port"]

import errno
from types import TracebackType
from typing import Protocol, Self

import serial

from toolchain import PlaygroundError


class Connection(Protocol):
    """Bytes to and from a device."""

    def write(self, data: bytes) -> None:
        """Send all of `data`.

        Raises
        ------
        PlaygroundError
            If the other end is gone.
        """
        ...

    def read(self, timeout_seconds: float) -> bytes:
        """Return what came in, nothing if that is so after the timeout.

        Raises
        ------
        PlaygroundError
            If the other end is gone.
        """
        ...


class PortConnection:
    """A serial port, or a pseudo-terminal in its place; a context manager."""

    def __init__(self, port: serial.Serial) -> None:
        self._port = port

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._port.close()

    def write(self, data: bytes) -> None:
        try:
            self._port.write(data)
        except (serial.SerialException, OSError) as error:
            raise self._gone(error) from error

    def read(self, timeout_seconds: float) -> bytes:
        try:
            self._port.timeout = timeout_seconds
            first: bytes = self._port.read(1)
            return first + self._port.read(self._port.in_waiting) if first else b""
        except (serial.SerialException, OSError) as error:
            raise self._gone(error) from error

    def _gone(self, error: Exception) -> PlaygroundError:
        return PlaygroundError(
            f"the connection to `{self._port.name}` broke: {error}",
            hint="is the cable loose, or did another program open the port?",
        )


def open_port(path: str, *, baud: int) -> PortConnection:
    """Open a serial port for this program alone.

    Raises
    ------
    PlaygroundError
        If there is no such port, or it is in use.
    """
    try:
        return PortConnection(serial.Serial(path, baud, exclusive=True, write_timeout=10))
    except ValueError as error:
        raise PlaygroundError(f"`{path}` cannot be set to {baud:,} baud: {error}") from error
    except (serial.SerialException, OSError) as error:
        number = getattr(error, "errno", None)
        if number == errno.ENOENT:
            raise PlaygroundError(
                f"there is no serial port `{path}`",
                hint="`/dev/ttyUSB0` and `/dev/ttyACM0` are usual names of a board's",
            ) from error
        hint = (
            "your user may have to join the group `dialout`"
            if number == errno.EACCES
            else "another program, such as a terminal, may be using it"
        )
        raise PlaygroundError(
            f"the serial port `{path}` cannot be opened: {error}", hint=hint
        ) from error
