"""Ctrl-C and SIGTERM, which end the command without a traceback however often they come."""

from __future__ import annotations

__all__ = ["INTERRUPTED", "Interrupts"]

import contextlib
import os
import signal
import sys
import time
from collections.abc import Callable
from types import FrameType

# Nothing of ours and nothing large is imported: signals may come from the beginning.

INTERRUPTED = 130
_SAME_SECONDS = 1.0


class Interrupts:
    """Raises KeyboardInterrupt when the process is asked to end.

    `timeout` sends SIGTERM twice, to the process and to its group. What
    comes within a second of another is the same wish, and must not cut short what that one began:
    ending children and taking away half-made files.

    Parameters
    ----------
    clock
        Seconds of any beginning.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._heard: float | None = None

    def install(self) -> None:
        """Answer the signals from now on; Ctrl-C only if it is not ignored, as behind `nohup`."""
        if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
            signal.signal(signal.SIGINT, self.hear)
        signal.signal(signal.SIGTERM, self.hear)

    def hear(self, number: int, frame: FrameType | None) -> None:
        """Raise KeyboardInterrupt, unless that was done within the last second."""
        now = self._clock()
        if self._heard is None or now - self._heard >= _SAME_SECONDS:
            self._heard = now
            raise KeyboardInterrupt

    def end(self, code: int) -> None:
        """Let nothing change how the process ends: with a code, without a traceback."""

        def leave(number: int, frame: FrameType | None) -> None:
            os._exit(INTERRUPTED)

        with contextlib.suppress(OSError, ValueError):  # a pipe nobody reads, or closed
            sys.stdout.flush()
        for number in (signal.SIGINT, signal.SIGTERM):
            # Not ended yet means that a thread is waited for, which one may not want to wait for.
            signal.signal(number, signal.SIG_IGN if code == INTERRUPTED else leave)
