"""Lets `python -m playground` be the `cfu` command."""

from __future__ import annotations

import sys

from playground.interrupts import INTERRUPTED, Interrupts


def _start() -> int:
    interrupts = Interrupts()
    interrupts.install()
    try:
        from playground.cli import main

        code = main()
    except KeyboardInterrupt:  # while that was imported, or again while ending
        code = INTERRUPTED
        sys.stderr.write("interrupted\n")
    interrupts.end(code)
    return code


if __name__ == "__main__":
    sys.exit(_start())
