"""What a compiler's reference adds to its flags: "zig:-O3,-funroll-loops"."""

from __future__ import annotations

__all__ = ["is_level", "read_flags"]

import re

from toolchain import PlaygroundError

_KINDS = re.compile(r"-(O([0-3sgz]|fast)?|[fm][a-z][\w=.,+-]*|D[A-Za-z_]\w*(=[\w.+-]*)?)")
_OF_THE_TARGET = ("-march", "-mabi", "-mcpu", "-mno-relax", "-mcmodel", "-mdiv", "-mno-div")
_OF_THE_OBJECT = ("-flto", "-fsanitize", "-fpic", "-fPIC", "-fpie", "-fPIE", "-fplugin", "-fsyntax")


def read_flags(text: str) -> tuple[str, ...]:
    """Return the flags of a list with commas between them, in their order.

    Raises
    ------
    PlaygroundError
        If one is neither an optimization (`-O3`), code generation (`-f...`, `-m...`) nor a macro
        (`-DNAME=VALUE`), or is missing, or if the CPU or the linker decides what it would.
    """
    flags = tuple(flag.strip() for flag in text.split(","))
    for flag in flags:
        if not flag:
            raise PlaygroundError("a compiler's name is followed by no flag", hint=_HINT)
        if not _KINDS.fullmatch(flag):
            raise PlaygroundError(
                f"`{flag}` in the compiler's flags `{text}` is none that may be given", hint=_HINT
            )
        if flag.startswith(_OF_THE_TARGET):
            raise PlaygroundError(
                f"`{flag}` is decided by the CPU", hint="choose another one with `--cpu`"
            )
        if flag.startswith(_OF_THE_OBJECT):
            raise PlaygroundError(
                f"firmware cannot be compiled with `{flag}`",
                hint="it is linked from objects, without a run-time system",
            )
    return flags


def is_level(flag: str) -> bool:
    """Tell whether a flag is a level of optimization, of which the last one counts."""
    return flag.startswith("-O")


_HINT = "such as `zig:-O3,-funroll-loops,-DTILE=4`: `-O...`, `-f...`, `-m...` and `-DNAME=VALUE`"
