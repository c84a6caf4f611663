"""Files that a verb is to write, looked at before the time is spent."""

from __future__ import annotations

__all__ = ["require_own_directory", "require_writable"]

from pathlib import Path

from toolchain import PlaygroundError

# What people write themselves and no verb does, besides what designs are made of.
_OTHER_SOURCES = frozenset(
    {
        *(".pyi", ".ipynb", ".sh", ".cfg", ".ini", ".yml", ".yaml", ".md", ".rst"),
        *(".xdc", ".pcf", ".lpf", ".cxx", ".s", ".ld", ".sqlite"),
    }
)


def require_writable(file: Path, *, writes: str = "") -> None:
    """Insist that a file that the user names can be written, and that no source is lost by it.

    Parameters
    ----------
    writes
        Suffix of what is written, if sources may have it as well.

    Raises
    ------
    PlaygroundError
        If it is a directory, its directory is not there, or there is such a file already whose
        suffix is that of a source.
    """
    if file.is_dir():
        raise PlaygroundError(
            f"cannot write `{file}`: it is a directory", hint="name a file in it, or another one"
        )
    if not file.absolute().parent.is_dir():
        raise PlaygroundError(
            f"cannot write `{file}`: there is no directory `{file.parent}`",
            hint="choose another file",
        )
    if file.exists() and any(_is_source(name, writes) for name in (file, file.resolve())):
        raise PlaygroundError(
            f"`{file}` is there already and is called as a source is; it would be overwritten",
            hint="choose another file, or delete that one first",
        )


def require_own_directory(directory: Path) -> None:
    """Insist that a directory to write several files into is none of sources.

    Raises
    ------
    PlaygroundError
        If it is a file, or there is a source in it.
    """
    if not directory.exists():
        return
    if not directory.is_dir():
        raise PlaygroundError(f"`{directory}` is a file", hint="name a directory to write into")
    try:
        sources = sorted(file.name for file in directory.iterdir() if _is_source(file, ".md"))
    except OSError as error:
        raise PlaygroundError(
            f"cannot read `{directory}`: {error.strerror}", hint="choose another directory"
        ) from error
    if sources:
        raise PlaygroundError(
            f"`{directory}` holds `{sources[0]}`, among which files would be written over others",
            hint="choose another directory; it is made if there is none",
        )


def _is_source(file: Path, writes: str) -> bool:
    from playground.sources import SUFFIXES

    return file.suffix.lower() in (SUFFIXES | _OTHER_SOURCES) - {writes}
