"""Ctrl-C and SIGTERM, once and again."""

from __future__ import annotations

import signal
import subprocess
import sys

import pytest

from playground.interrupts import INTERRUPTED, Interrupts

_SIGNALS = [signal.SIGTERM, signal.SIGINT]


def _cfu(script: str, number: int) -> subprocess.CompletedProcess[str]:
    """Run a script with `hit`, which sends the signal, and then the `cfu` command."""
    start = "import atexit, os, runpy, signal, sys\n"
    start += (
        "signal.signal(signal.SIGINT, signal.default_int_handler)  # pytest may be behind `&`\n"
    )
    start += f"def hit(): os.kill(os.getpid(), {int(number)})\n"
    end = "\nsys.argv = ['cfu', 'list']\nrunpy.run_module('playground', run_name='__main__')\n"
    return subprocess.run(
        [sys.executable, "-c", start + script + end], capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize("number", _SIGNALS)
def test_twice_while_a_verb_ends(number: int) -> None:
    ran = _cfu(
        """
import playground.cli
def verb(**_):
    try:
        hit()
    finally:
        hit()
        print("cleaned up")
playground.cli.app = verb
atexit.register(hit)
atexit.register(print, "exits")
atexit.register(hit)
""",
        number,
    )
    assert (ran.returncode, ran.stderr) == (INTERRUPTED, "interrupted\n")
    assert ran.stdout == "cleaned up\nexits\n"


@pytest.mark.parametrize("number", _SIGNALS)
def test_before_there_is_a_verb(number: int) -> None:
    ran = _cfu(
        """
class Finder:
    def find_spec(self, name, *_):
        if name == "playground.cli":
            hit()
sys.meta_path.insert(0, Finder())
""",
        number,
    )
    assert (ran.returncode, ran.stderr) == (INTERRUPTED, "interrupted\n")


@pytest.mark.parametrize("number", _SIGNALS)
def test_when_all_is_done(number: int) -> None:
    ran = _cfu(
        """
import playground.cli
def verb(**_):
    print("done")
playground.cli.app = verb
atexit.register(hit)
""",
        number,
    )
    assert (ran.returncode, ran.stderr, ran.stdout) == (INTERRUPTED, "", "done\n")


def test_who_insists_is_heard() -> None:
    seconds = iter([5.0, 5.9, 6.1])
    interrupts = Interrupts(lambda: next(seconds))
    with pytest.raises(KeyboardInterrupt):
        interrupts.hear(signal.SIGTERM, None)
    interrupts.hear(signal.SIGTERM, None)
    with pytest.raises(KeyboardInterrupt):
        interrupts.hear(signal.SIGTERM, None)
