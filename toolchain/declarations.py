"""Finding what a package's modules declare, so that adding a thing is adding a file."""

from __future__ import annotations

__all__ = ["declaration", "declarations"]

import importlib
import pkgutil
from types import ModuleType
from typing import TypeVar

from toolchain.errors import PlaygroundError

T = TypeVar("T")


def declaration(package: str, attribute: str, kind: type[T], name: str, *, noun: str) -> T:
    """Return one of the `declarations` by its name.

    Parameters
    ----------
    noun
        What the declarations are, in the singular, for the message.

    Raises
    ------
    PlaygroundError
        If there is none of that name.
    """
    known = declarations(package, attribute, kind)
    if name not in known:
        raise PlaygroundError(
            f"there is no {noun} `{name}`", hint=f"{noun}s: {', '.join(sorted(known))}"
        )
    return known[name]


def declarations(package: str, attribute: str, kind: type[T]) -> dict[str, T]:
    """Return the attribute of that name from each module of a package that has one.

    Parameters
    ----------
    package
        Dotted name of the package; its modules are imported.
    attribute
        Name that a declaring module gives to its declaration, such as "BOARD".
    kind
        Type the declaration must have.

    Returns
    -------
    dict
        The declarations by their `name`.

    Raises
    ------
    PlaygroundError
        If a file cannot be imported, or what it declares is of another type or not named like it.
    """
    found: dict[str, T] = {}
    for module_info in pkgutil.iter_modules(importlib.import_module(package).__path__):
        module = _imported(f"{package}.{module_info.name}")
        declared = getattr(module, attribute, None)
        if declared is None:
            continue
        if not isinstance(declared, kind):
            raise PlaygroundError(
                f"`{attribute}` in `{module.__file__}` is not a {kind.__name__}",
                hint="the files beside it show the form",
            )
        name = getattr(declared, "name", None)
        if name != module_info.name:
            raise PlaygroundError(
                f"`{attribute}` in `{module.__file__}` is named `{name}`, not after its file",
                hint=f"name it `{module_info.name}`",
            )
        found[name] = declared
    return found


def _imported(name: str) -> ModuleType:
    """Import a module, whatever may be wrong with it."""
    try:
        return importlib.import_module(name)
    except Exception as error:  # a file of the user's may raise anything
        raise PlaygroundError(
            f"`{name.replace('.', '/')}.py` cannot be imported: {type(error).__name__}: {error}",
            hint="mend the file, or take it out of its directory",
        ) from error
