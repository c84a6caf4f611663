"""The parts in `gateware/parts`, with the sizes that their area and speed are shown for.

A part's file lists them: `EXAMPLES = (PartExample(DotProduct, lanes=4), ...)`.
"""

from __future__ import annotations

__all__ = ["PartExample", "part_examples"]

import importlib
import inspect
import pkgutil
from dataclasses import dataclass

from amaranth.lib import wiring

import gateware.parts


@dataclass(frozen=True, init=False)
class PartExample:
    """A part of certain sizes.

    Parameters
    ----------
    settings
        Keyword arguments of the component.
    """

    component: type[wiring.Component]
    settings: tuple[tuple[str, int], ...]

    def __init__(self, component: type[wiring.Component], **settings: int) -> None:
        object.__setattr__(self, "component", component)
        object.__setattr__(self, "settings", tuple(settings.items()))

    @property
    def module(self) -> str:
        """The part's file without its suffix, such as "dot_product"."""
        return self.component.__module__.rpartition(".")[2]

    @property
    def title(self) -> str:
        """Such as "DotProduct(lanes=4)", or "Requantizer" where nothing was chosen."""
        settings = ", ".join(f"{name}={value}" for name, value in self.settings)
        return self.component.__name__ + (f"({settings})" if settings else "")

    @property
    def summary(self) -> str:
        """The first paragraph of the component's docstring, in one line."""
        return " ".join((inspect.getdoc(self.component) or "").partition("\n\n")[0].split())

    def make(self) -> wiring.Component:
        return self.component(**dict(self.settings))


def part_examples() -> tuple[PartExample, ...]:
    """Return the examples of every part, by their files' names."""
    found: list[PartExample] = []
    for info in sorted(pkgutil.iter_modules(gateware.parts.__path__), key=lambda info: info.name):
        module = importlib.import_module(f"{gateware.parts.__name__}.{info.name}")
        found.extend(getattr(module, "EXAMPLES", ()))
    return tuple(found)
