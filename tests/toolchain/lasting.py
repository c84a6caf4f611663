"""A tool that starts another one and would outlive whoever started it, if it was let.

Both hold a named pipe open for writing, so that who reads it sees when they are all gone.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from toolchain import Tool

LASTING = Tool("lasting", (sys.executable, __file__), "1")
"""Takes the path of the pipe.

Twice it says there "begun", or "begun, ignores Ctrl-C", and "outlived" when it waited in vain.
"""

_ROOT = Path(__file__).parents[2]
_SECONDS = 20  # until it is clear that nobody ends it
_OPENED = """
import signal, sys
from pathlib import Path
signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored where tests run in background
pipe = Path(sys.argv[1])
held = pipe.open("w")  # so that it ends if we fail
"""


@contextmanager
def caller(script: str, directory: Path, *, tools: int) -> Iterator[tuple[int, list[str]]]:
    """Have a script start tools, and see that all are gone in the end.

    Yields the script's process, which leads a group, when its tools have begun, and what they said.

    Parameters
    ----------
    script
        Has the pipe's path as `pipe`.
    tools
        How many it starts.
    """
    pipe = directory / "pipe"
    os.mkfifo(pipe)
    process = subprocess.Popen(
        [sys.executable, "-c", _OPENED + script, str(pipe)],
        env={**os.environ, "PYTHONPATH": str(_ROOT)},
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    with pipe.open() as said:
        yield process.pid, [said.readline() for _ in range(2 * tools)]
        assert said.read() == ""
    process.wait()


def _last(pipe: str, *, is_first: bool) -> None:
    with Path(pipe).open("w") as said:
        if is_first:
            subprocess.Popen([sys.executable, __file__, pipe, "second"])
        ignores = signal.getsignal(signal.SIGINT) is signal.SIG_IGN
        said.write("begun, ignores Ctrl-C\n" if ignores else "begun\n")
        said.flush()
        time.sleep(_SECONDS)
        said.write("outlived\n")


if __name__ == "__main__":
    _last(sys.argv[1], is_first=len(sys.argv) == 2)
