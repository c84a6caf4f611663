"""The one place where errors become text and an exit code."""

from __future__ import annotations

__all__ = ["INTERNAL_ERROR", "report", "report_interrupt"]

import os
import tempfile
import traceback
from pathlib import Path

import typer.exceptions

from playground.console import Output
from playground.interrupts import INTERRUPTED
from toolchain import PlaygroundError

INTERNAL_ERROR = 70


def report(error: Exception, output: Output) -> int:
    """Print an error on standard error and return the exit code it stands for.

    A tool's own words come first, then the error, then the hint. Nothing but an error we did not
    foresee mentions a traceback, and that one is kept in a file.
    """
    if isinstance(error, PlaygroundError):
        if error.details:
            _print(output, error.details.rstrip() + "\n", style="")
        _print(output, f"error: {error.message}", style="bold red")
        if error.hint:
            _print(output, f"\nhint: {error.hint}", style="")
        return error.exit_code
    if isinstance(error, typer.exceptions.TyperException):
        # Typer's usage errors; each formats its own message.
        formatter = getattr(error, "format_message", None)
        message = str(formatter() if formatter else error).strip().rstrip(".")
        _print(output, f"error: {message[:1].lower()}{message[1:]}", style="bold red")
        context = getattr(error, "ctx", None)
        command = context.command_path if context is not None else "cfu"
        _print(output, f"\nhint: `{command} --help` shows what it takes", style="")
        return 1
    text = "".join(traceback.format_exception(error))
    try:
        where = f"the traceback is in `{_save(text)}`"
    except OSError:  # a full disk, which may well be what broke us
        _print(output, text, style="")
        where = "the traceback is above"
    _print(output, f"internal error: {type(error).__name__}; {where}", style="bold red")
    return INTERNAL_ERROR


def report_interrupt(output: Output) -> int:
    """Print the one line of Ctrl-C and return its exit code."""
    _print(output, "interrupted", style="")
    return INTERRUPTED


def _print(output: Output, text: str, *, style: str) -> None:
    # Long lines are left to the terminal, so that paths and commands can be copied whole.
    head, colon, rest = text.partition(":") if style else ("", "", text)
    output.messages.print(head + colon, style=style, end="", markup=False, soft_wrap=True)
    output.messages.print(rest, markup=False, soft_wrap=True)


def _save(text: str) -> Path:
    handle, name = tempfile.mkstemp(prefix="cfu-traceback-", suffix=".txt")
    with os.fdopen(handle, "w", encoding="utf-8", errors="backslashreplace") as file:
        file.write(text)
    return Path(name)
