"""Finding what a package's modules declare, so that adding a thing is adding a file."""

from __future__ import annotations

__all__ = ["declaration", "declarations"]

import importlib
import pkgutil
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
    TypeError
        If a declaration is of another type or not named like its file.
    """
    found: dict[str, T] = {}
    for module_info in pkgutil.iter_modules(importlib.import_module(package).__path__):
        module = importlib.import_module(f"{package}.{module_info.name}")
        declared = getattr(module, attribute, None)
        if declared is None:
            continue
        if not isinstance(declared, kind):
            raise TypeError(f"{module.__name__}.{attribute} is not a {kind.__name__}")
        name = getattr(declared, "name", None)
        if name != module_info.name:
            raise TypeError(f"{module.__name__}.{attribute} is named `{name}`, not after its file")
        found[name] = declared
    return found
