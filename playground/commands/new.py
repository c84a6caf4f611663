"""`cfu new`: a project to start from."""

from __future__ import annotations

__all__ = ["new", "write_project"]

import shutil
from pathlib import Path
from typing import Annotated

import typer

from playground.console import Output
from toolchain import PlaygroundError

_TEMPLATE = Path(__file__).parents[1] / "template"
_FILES = ("cfu.toml", "my_cfu.py", "conv_2d.cc")


def new(
    name: Annotated[str, typer.Argument(help="The directory to make.")],
) -> None:
    """Write a project: a CFU in Amaranth, a kernel that uses it, and a `cfu.toml`.

    It runs as it is.
    """
    directory = Path(name)
    write_project(directory)
    Output().show(
        f"{directory}/ holds {', '.join(_FILES)}; in there, `cfu run` profiles it, "
        "`cfu compare` shows what it gains and `cfu test` checks it"
    )


def write_project(directory: Path) -> None:
    """Write the example project into a directory that is not there yet, or empty.

    Raises
    ------
    PlaygroundError
        If there is something already, or it cannot be written.
    """
    try:
        if directory.exists() and (not directory.is_dir() or any(directory.iterdir())):
            raise PlaygroundError(
                f"`{directory}` is there already and not an empty directory",
                hint="choose another name; nothing was changed",
            )
        directory.mkdir(parents=True, exist_ok=True)
        for name in _FILES:
            shutil.copyfile(_TEMPLATE / name, directory / name)
    except OSError as error:
        raise PlaygroundError(
            f"cannot write the project `{directory}`: {error.strerror}",
            hint="choose a place you may write to",
        ) from error
