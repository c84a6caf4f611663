"""Parameters of a CFU: what of it can be chosen when it is made, and from which values."""

from __future__ import annotations

__all__ = [
    "Choice",
    "Parameter",
    "Value",
    "declared_parameters",
    "parameters_text",
    "powers_of_two",
    "read_parameters",
    "shown",
]

import difflib
import inspect
from collections.abc import Mapping
from dataclasses import dataclass

from toolchain import PlaygroundError

Value = int | str | bool
_TRUTH = {"yes": True, "no": False}


@dataclass(frozen=True, init=False)
class Choice:
    """The values that a parameter may have, in the order in which a search tries them.

    Parameters
    ----------
    values
        Two or more, all int, all str, or all bool.

    Raises
    ------
    TypeError
        If they are of other types, or of several.
    ValueError
        If there are fewer than two, one of them twice, or one that cannot be written on a
        command line.
    """

    values: tuple[Value, ...]

    def __init__(self, *values: Value) -> None:
        kinds = {type(value) for value in values}
        if len(kinds) > 1 or not kinds <= {int, str, bool}:
            raise TypeError(f"a choice is among int, among str or among bool, not {values!r}")
        if len(values) < 2 or len(set(values)) != len(values):
            raise ValueError(f"a choice is among two or more different values, not {values!r}")
        for value in values:
            if isinstance(value, str) and (not value or set(value) & set(":=, ")):
                raise ValueError(f"{value!r} cannot be written on a command line")
        object.__setattr__(self, "values", values)

    def __str__(self) -> str:
        return ", ".join(map(shown, self.values))

    def read(self, name: str, text: str) -> Value:
        """Return the value that a text stands for; truth is yes or no.

        Raises
        ------
        PlaygroundError
            If it is none of the values.
        """
        for value in self.values:
            if shown(value) == text:
                return value
        raise PlaygroundError(
            f"the parameter `{name}` cannot be `{text}`", hint=f"it is one of {self}"
        )


@dataclass(frozen=True)
class Parameter:
    """A parameter of a CFU.

    Attributes
    ----------
    default
        What it is when nobody says.
    """

    name: str
    choice: Choice
    default: Value


def powers_of_two(least: int, most: int) -> Choice:
    """Return the choice among the powers of two from `least` to `most`.

    Raises
    ------
    ValueError
        If either is no power of two.
    """
    for value in (least, most):
        if value < 1 or value & (value - 1):
            raise ValueError(f"{value} is no power of two")
    return Choice(*(1 << bit for bit in range(least.bit_length() - 1, most.bit_length())))


def shown(value: Value) -> str:
    """Return a value as it is written after `name=`."""
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value)


def declared_parameters(
    cfu_class: type[object], declared: Mapping[str, Choice]
) -> Mapping[str, Parameter]:
    """Return the parameters of a class, with their defaults from its constructor's keywords.

    Raises
    ------
    TypeError
        If the declaration and the constructor do not agree.
    """
    keywords = inspect.signature(cfu_class).parameters
    found = {}
    for name, choice in declared.items():
        if not isinstance(choice, Choice):
            raise TypeError(f"`parameters[{name!r}]` is no `Choice` but {choice!r}")
        keyword = keywords.get(name)
        if keyword is None or keyword.default is inspect.Parameter.empty:
            raise TypeError(
                f"`parameters` declares `{name}`, but the constructor has no keyword of that name "
                "with a default"
            )
        if keyword.default not in choice.values:
            raise TypeError(
                f"`{name}` is {keyword.default!r} by default, which is none of its values: {choice}"
            )
        found[name] = Parameter(name, choice, keyword.default)
    return found


def read_parameters(
    text: str, parameters: Mapping[str, Parameter], *, reference: str
) -> Mapping[str, Value]:
    """Return the values that a text gives to parameters.

    Parameters
    ----------
    text
        "units=4,channels=64".
    reference
        The CFU's, for messages.

    Raises
    ------
    PlaygroundError
        If there is no such parameter, with the nearest there is, or it cannot have that value.
    """
    known = f"its parameters: {', '.join(parameters)}" if parameters else "it has none"
    found: dict[str, Value] = {}
    for part in text.split(","):
        name, equals, value = (each.strip() for each in part.partition("="))
        if name not in parameters:
            meant = difflib.get_close_matches(name, parameters, n=1)
            raise PlaygroundError(
                f"CFU `{reference}` has no parameter `{name}`",
                hint=(f"did you mean `{meant[0]}`? " if meant else "") + known,
            )
        if not equals:
            raise PlaygroundError(
                f"the parameter `{name}` has no value", hint=f"write `{name}=VALUE`"
            )
        if name in found:
            raise PlaygroundError(f"the parameter `{name}` is given twice", hint="say it once")
        found[name] = parameters[name].choice.read(name, value)
    return found


def parameters_text(values: Mapping[str, Value], parameters: Mapping[str, Parameter]) -> str:
    """Return the values that are no defaults, in the order of the declaration."""
    return ",".join(
        f"{name}={shown(values[name])}"
        for name, parameter in parameters.items()
        if name in values and values[name] != parameter.default
    )
