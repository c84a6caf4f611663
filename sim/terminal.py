"""A Verilated board whose serial line is a pseudo-terminal."""

from __future__ import annotations

__all__ = ["DEFAULT_BYTE_CYCLES", "TerminalBoard"]

import contextlib
import os
import pty
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType

from sim.verilated_soc import VerilatedSoc
from toolchain import ToolFailed

DEFAULT_BYTE_CYCLES = 600
"""Clock cycles of a byte on the line: more than LiteX's BIOS needs to take it, far less than the
rates of real lines."""

_POLL_SECONDS = 0.1


class TerminalBoard:
    """A board of registers and wires that anything which opens a serial port can talk to.

    Used as a context manager, it exists for the duration of the `with` block. It is switched on
    when its port is opened for the first time, and its clock rests while the firmware waits for a
    command. As on a real line, what it sends while nobody listens is lost, and at another rate than
    its own both sides receive garbage.

    Parameters
    ----------
    soc
        The simulated hardware.
    contents
        Files to put into its memories, by address, each time that it is switched on.
    baud
        Rate of the serial line, bits a second; 0 for one that fits any, such as USB.
    byte_cycles
        Clock cycles that a byte takes on the line. One that finds no room in the board's queue is
        lost; with 0, bytes take no time and wait for room, which no real line does.

    Attributes
    ----------
    port
        Path to open: "/dev/pts/3".
    """

    def __init__(
        self,
        soc: VerilatedSoc,
        contents: Mapping[int, Path],
        *,
        baud: int,
        byte_cycles: int = DEFAULT_BYTE_CYCLES,
    ) -> None:
        self._command = [str(soc.program), "--baud", str(baud), "--byte-cycles", str(byte_cycles)]
        for address, file in contents.items():
            self._command += ["--load", str(address), str(file)]
        self._process: subprocess.Popen[str] | None = None
        self._master, self.port = _open_pseudo_terminal()

    def __enter__(self) -> TerminalBoard:
        self.switch_on()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.switch_off()
        os.close(self._master)

    def switch_on(self) -> None:
        """Start it from reset, with its memories as they were given."""
        self.switch_off()
        self._process = subprocess.Popen(
            [*self._command, "--terminal", str(self._master)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",
            pass_fds=[self._master],
        )

    def switch_off(self) -> None:
        """Stop it; the port stays, and is silent."""
        if self._process is not None:
            self._process.kill()
            self._process.communicate()
            self._process = None

    def check(self) -> None:
        """Notice a simulation that is over.

        Raises
        ------
        ToolFailed
            If it ended by itself, with what it said.
        """
        process = self._process
        if process is not None and process.poll() is not None:
            raise ToolFailed(
                f"the simulated board ended with status {process.returncode}",
                details=process.communicate()[1],
            )

    def wait(self) -> None:
        """Wait for as long as it runs, which is until an error or an interrupt; see `check`."""
        while self._process is not None:
            self.check()
            time.sleep(_POLL_SECONDS)


def _open_pseudo_terminal() -> tuple[int, str]:
    """Return the descriptor of the board's side and the path of the other."""
    master, slave = pty.openpty()
    port = os.ttyname(slave)
    # Opened and closed once, it counts as having nobody at the other end.
    os.close(slave)
    os.set_blocking(master, False)
    with contextlib.suppress(OSError):
        os.read(master, 1)
    return master, port
