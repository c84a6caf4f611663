"""Errors in what the user wrote, told by file and line instead of by a traceback."""

from __future__ import annotations

__all__ = ["described_error", "load_module", "user_errors"]

import hashlib
import sys
import sysconfig
import traceback
from collections.abc import Iterator, Set
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType

from amaranth.hdl import Elaboratable

from gateware.hardware import expect_unused
from toolchain import PlaygroundError

_OURS = (Path(__file__).resolve().parent, *(Path(p) for p in set(sysconfig.get_paths().values())))


@contextmanager
def user_errors(what: str, *, file: Path | None = None) -> Iterator[None]:
    """Turn what the user's code raises in the block into a PlaygroundError.

    The message names the innermost line that is neither ours nor of an installed library.

    Parameters
    ----------
    what
        The start of the message: "CFU `my_cfu` does not elaborate".
    file
        The user's file, if known; lines in it are preferred.

    Raises
    ------
    PlaygroundError
        For any exception but PlaygroundError, KeyboardInterrupt and the like.
    """
    try:
        yield
    except PlaygroundError:
        raise
    except SyntaxError as error:
        place = f"`{Path(error.filename).name}` line {error.lineno}" if error.filename else "it"
        raise PlaygroundError(
            f"{what}: {place}: {error.msg}", details=(error.text or "").rstrip() or None
        ) from error
    except Exception as error:
        _expect_half_made(error)
        raise PlaygroundError(f"{what}: {_place(error, file)}{_said(error)}") from error


def described_error(error: Exception) -> str:
    """Return what an error of the user's code says, after the file and the line that raised it."""
    return f"{_place(error, None)}{_said(error)}"


def load_module(file: Path, what: str) -> ModuleType:
    """Execute a Python file and return it as a module.

    It may import modules beside it, which are executed anew each time too.

    Raises
    ------
    PlaygroundError
        If it raises anything; starts with `what`.
    """
    # Named after the path, so that two files of one name do not meet in sys.modules.
    name = f"_cfu_{file.stem}_{hashlib.sha256(str(file).encode()).hexdigest()[:12]}"
    module = ModuleType(name)
    module.__file__ = str(file)
    search_path, known = list(sys.path), set(sys.modules)
    writes_bytecode = sys.dont_write_bytecode
    sys.modules[name] = module
    sys.path.insert(0, str(file.parent))
    sys.dont_write_bytecode = True  # the directory is not ours to write to
    try:
        with user_errors(what, file=file):
            exec(compile(file.read_bytes(), str(file), "exec"), module.__dict__)
    finally:
        sys.path[:] = search_path
        sys.dont_write_bytecode = writes_bytecode
        _forget_neighbours(file.parent.resolve(), known)
    return module


def _forget_neighbours(directory: Path, known: Set[str]) -> None:
    """Let go of what was imported from a directory only: another's may have the same name."""
    new = set(sys.modules) - known
    neighbours = {name for name in new if "." not in name and _lies_in(name, directory)}
    for name in new:
        if name.partition(".")[0] in neighbours:
            del sys.modules[name]


def _lies_in(name: str, directory: Path) -> bool:
    spec = sys.modules[name].__spec__
    if spec is None:
        return False
    places = spec.submodule_search_locations or [spec.origin or ""]
    return any(Path(place).resolve().parent == directory for place in places)


def _expect_half_made(error: Exception) -> None:
    """Silence Amaranth about hardware objects that the error kept from being used."""
    for frame, _ in traceback.walk_tb(error.__traceback__):
        for value in frame.f_locals.values():
            if isinstance(value, Elaboratable):
                expect_unused(value)


def _said(error: Exception) -> str:
    text = " ".join(str(error).split())
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def _place(error: Exception, file: Path | None) -> str:
    frames = list(traceback.extract_tb(error.__traceback__))
    theirs = [frame for frame in frames if not _is_ours(Path(frame.filename))]
    if file is not None:
        theirs = [f for f in theirs if Path(f.filename) == file] or theirs
    if not theirs:
        return f"`{file.name}`: " if file is not None else ""
    return f"`{Path(theirs[-1].filename).name}` line {theirs[-1].lineno}: "


def _is_ours(file: Path) -> bool:
    if not file.is_absolute():
        return True
    resolved = file.resolve()
    if resolved.parent.name == "cfus" and resolved.parent.parent == _OURS[0]:
        return False
    return any(resolved.is_relative_to(directory) for directory in _OURS)
