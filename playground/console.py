"""Where output goes: data to standard output, everything else to standard error."""

from __future__ import annotations

__all__ = ["Output"]

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from rich.console import Console, RenderableType

from toolchain import PlaygroundError

# A pipe has no width; this is wider than any table, so that a row stays a line for grep.
_WIDTH_WITHOUT_TERMINAL = 1000


def _console(*, stderr: bool) -> Console:
    stream = sys.stderr if stderr else sys.stdout
    width = None if stream.isatty() else _WIDTH_WITHOUT_TERMINAL
    return Console(stderr=stderr, width=width, highlight=False, soft_wrap=False, emoji=False)


@contextmanager
def _explained() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise PlaygroundError(
            f"cannot write to standard output: {error.strerror}",
            hint="is the disk full that it is redirected to?",
        ) from error


@dataclass(frozen=True)
class Output:
    """The two streams of a command.

    Colours and bars appear on a terminal only.

    Attributes
    ----------
    data
        Standard output: what was asked for.
    messages
        Standard error: what was done to get it.
    """

    data: Console = field(default_factory=lambda: _console(stderr=False))
    messages: Console = field(default_factory=lambda: _console(stderr=True))

    @property
    def width(self) -> int:
        """Characters in a line of data."""
        return self.data.width

    def show(self, *renderables: RenderableType) -> None:
        """Print tables or text as data."""
        with _explained():
            for renderable in renderables:
                self.data.print(renderable, markup=False)

    def show_json(self, value: object) -> None:
        """Print a JSON-able value as data.

        Raises
        ------
        ValueError
            For NaN and infinities, which JSON does not have.
        """
        self.show_text(json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False) + "\n")

    def show_text(self, text: str) -> None:
        """Print text as data, to the letter."""
        with _explained():
            self.data.out(text, end="", highlight=False)

    def tell(self, message: str) -> None:
        """Print a line that is not data."""
        self.messages.print(message, markup=False)
