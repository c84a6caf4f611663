"""HTML made of values: text is escaped unless it is markup already."""

from __future__ import annotations

__all__ = ["Child", "Markup", "clean", "element", "joined", "lines"]

import unicodedata
from collections.abc import Iterable
from html import escape

_REPLACEMENT = "\N{REPLACEMENT CHARACTER}"
# What turns the direction of the text behind it, and so can show one name as another.
_TURNING = frozenset("\u200e\u200f\u061c\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_NO_TEXT = frozenset({"Cc", "Cs", "Cn"})
_BREAKS = frozenset({"Zl", "Zp"})
_VOID = frozenset({"br", "input", "link", "meta"})


class Markup(str):
    """HTML text, in which nothing is to be escaped any more."""

    __slots__ = ()


Child = Markup | str | None


def clean(text: str, *, limit: int = 160) -> str:
    """Return text of any origin as one line that is short enough to be shown.

    Characters that control something, turn the direction of text or are none (lone surrogates)
    become U+FFFD; line breaks and tabulators become spaces. That is done to all text in markup;
    what matplotlib draws has to be cleaned before.

    Parameters
    ----------
    limit
        Characters that are kept; an ellipsis stands for the rest.
    """
    shown = "".join(map(_shown, text[: limit + 1]))
    return shown if len(shown) <= limit else shown[: limit - 1] + "…"


def element(tag: str, *children: Child, **attributes: str | int | float | None) -> Markup:
    """Return an element of HTML.

    Parameters
    ----------
    children
        Text, which is escaped, or markup; `None` is nothing.
    attributes
        Names with an underscore at the end or in place of a hyphen: `class_`, `data_value`.
        One that is `None` is left out.
    """
    said = "".join(
        f' {name.rstrip("_").replace("_", "-")}="{_escaped(str(value))}"'
        for name, value in attributes.items()
        if value is not None
    )
    end = "" if tag in _VOID else f"</{tag}>"
    return Markup(f"<{tag}{said}>{joined(children)}{end}")


def joined(children: Iterable[Child], separator: str = "") -> Markup:
    """Return text and markup one behind the other."""
    return Markup(separator.join(map(_escaped, children)))


def lines(text: str) -> Markup:
    """Return text with its line breaks, and what is between backticks as code."""
    return joined(map(_with_code, text.strip().split("\n")), element("br"))


def _with_code(line: str) -> Markup:
    parts = line.split("`")
    if len(parts) % 2 == 0:  # one is left over
        return joined([line])
    return joined(element("code", p) if i % 2 else p for i, p in enumerate(parts))


def _escaped(child: Child) -> str:
    if child is None:
        return ""
    return child if isinstance(child, Markup) else escape("".join(map(_shown, child)))


def _shown(character: str) -> str:
    category = unicodedata.category(character)
    if category in _BREAKS or (character.isspace() and category == "Cc"):
        return " "
    if category in _NO_TEXT or character in _TURNING:
        return _REPLACEMENT
    return character
