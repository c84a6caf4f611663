"""Errors that reach the user, each with what to do next."""

from __future__ import annotations

__all__ = ["CacheError", "PlaygroundError", "ToolFailed", "ToolMissing"]


class PlaygroundError(Exception):
    """A problem the user can act on.

    Parameters
    ----------
    message
        One sentence without a trailing period; what is wrong and where.
    hint
        The next step, if there is one.
    details
        Longer text to show below the message, such as a compiler's own output.

    Attributes
    ----------
    exit_code
        Exit status of the command line: 1 user error, 2 a tool failed, 3 a tool is missing.
    """

    exit_code = 1

    def __init__(self, message: str, *, hint: str | None = None, details: str | None = None):
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.details = details
        for note in (hint, details):
            if note is not None:
                self.add_note(note)  # shown when the error is not caught, as in tests


class CacheError(PlaygroundError):
    """Where artifacts are kept cannot be used, which says nothing of what was to be made."""


class ToolFailed(PlaygroundError):  # noqa: N818 - named for what happened
    """A tool ran and reported failure; `details` holds its own words.

    Attributes
    ----------
    status
        With which it exited; negative for a signal, None if it is not known.
    """

    exit_code = 2
    status: int | None = None


class ToolMissing(PlaygroundError):  # noqa: N818 - likewise
    """A tool that is needed is not installed."""

    exit_code = 3
