"""From files named after operators to overrides of kernels."""

from __future__ import annotations

__all__ = ["kernel_overrides", "undefined_override"]

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from firmware.kernel_sources import kernel_names
from playground.names import nearest
from toolchain import PlaygroundError, ToolFailed


def kernel_overrides(files: Sequence[Path]) -> Mapping[str, Path]:
    """Return the overrides by kernel, refusing files that are named after none.

    Raises
    ------
    PlaygroundError
        If a file is named after no kernel, with the nearest name, or is no file.
    """
    known = kernel_names()
    for path in files:
        if path.stem not in known:
            meant = nearest(path.stem, known)
            raise PlaygroundError(
                f"`{path}` is named after no operator"
                + (f"; did you mean `{meant}.cc`?" if meant else ""),
                hint="a kernel's file is named after the operator it runs, such as `conv_2d.cc` "
                "(`cfu list operators`); code that kernels share belongs into a header",
            )
        if not path.is_file():
            raise PlaygroundError(
                f"the kernel `{path}` is a directory or a link to nothing",
                hint="remove it, or put a file in its place",
            )
    return {path.stem: path for path in files}


def undefined_override(error: ToolFailed, overrides: Mapping[str, Path]) -> PlaygroundError | None:
    """Return the error of a kernel's file that does not define what it is named after.

    Parameters
    ----------
    error
        Of building the firmware; `None` is returned for one of another kind.
    """
    undefined = r"undefined (?:symbol: |reference to `)"
    for kernel, path in overrides.items():
        name = rf"playground::{kernel}\(playground::(\w+) const&\)"
        symbol = re.search(undefined + name, error.details or "")
        if symbol is not None:
            return PlaygroundError(
                f"`{path}` does not define `bool playground::{kernel}(const {symbol[1]}& layer)`",
                hint="a kernel is a function of that name in namespace `playground` itself",
            )
    return None
