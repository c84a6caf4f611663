"""Files that a verb is to write, looked at before the time is spent."""

from __future__ import annotations

__all__ = ["require_directory"]

from pathlib import Path

from toolchain import PlaygroundError


def require_directory(file: Path) -> None:
    """Insist that the directory of a file to be written is there.

    Raises
    ------
    PlaygroundError
        If it is not.
    """
    if not file.absolute().parent.is_dir():
        raise PlaygroundError(
            f"cannot write `{file}`: there is no directory `{file.parent}`",
            hint="choose another file",
        )
