"""`cfu.toml`: a user's project as a file."""

from __future__ import annotations

__all__ = ["PROJECT_FILE", "ProjectFile", "find_project", "load_project", "project_errors"]

import re
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from playground.names import nearest
from toolchain import PlaygroundError

PROJECT_FILE = "cfu.toml"


def _listed(value: object) -> object:
    return value if isinstance(value, list) else [value]


class ProjectFile(BaseModel):
    """The keys of `cfu.toml`; each is also a flag of `cfu run`.

    File names are relative to the file's directory.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    model: str
    cfu: str | None = None
    kernels: str | None = None
    board: str | None = None
    cpu: str | None = None
    compiler: str | None = None
    simulator: str | None = None
    input: Annotated[list[str], BeforeValidator(_listed)] = Field(default_factory=list)
    label: Annotated[list[int], BeforeValidator(_listed)] = Field(default_factory=list)
    max_cycles: Annotated[int, Field(gt=0)] | None = None
    place: str | None = None
    ideal_memory: bool | None = None
    explore: dict[str, Any] | None = None
    """See `playground.explore.settings`; this one is no flag of `cfu run`."""


def find_project(directory: Path) -> Path | None:
    """Return the nearest directory upwards from one that holds a `cfu.toml`, if any does."""
    start = directory.resolve()
    return next((d for d in (start, *start.parents) if (d / PROJECT_FILE).is_file()), None)


def load_project(directory: Path) -> ProjectFile:
    """Read a project's `cfu.toml`.

    Raises
    ------
    PlaygroundError
        With file, line and key of the first thing that is wrong, and the nearest key there is.
    """
    path = directory / PROJECT_FILE
    try:
        text = path.read_text(encoding="utf-8-sig")  # some editors of Windows put a mark first
    except OSError as error:
        raise PlaygroundError(
            f"cannot read `{path}`: {error.strerror}", hint="`cfu new NAME` writes a project"
        ) from error
    except UnicodeDecodeError as error:
        raise PlaygroundError(f"`{path}` is not UTF-8 text", hint=_HINT) from error
    try:
        content = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise PlaygroundError(f"`{path}` is not TOML: {error}", hint=_HINT) from error
    try:
        return ProjectFile.model_validate(content)
    except ValidationError as error:
        raise _explain(error, path, text) from error


@contextmanager
def project_errors(directory: Path, *keys: str) -> Iterator[None]:
    """Have errors in a block name the line of `cfu.toml` that sets a key, if it sets it.

    Parameters
    ----------
    keys
        Of the tables that the key is in, and the key.
    """
    try:
        yield
    except PlaygroundError as error:
        path = directory / PROJECT_FILE
        try:
            line = _line_of(path.read_text(encoding="utf-8-sig"), *keys)
        except (OSError, UnicodeDecodeError):
            line = None
        if line is None:
            raise
        message = f"`{path}` line {line}: {error.message}"
        raise type(error)(message, hint=error.hint, details=error.details) from error


_HINT = 'a project is lines such as `model = "digits_cnn"`; `cfu new NAME` writes an example'


def _explain(error: ValidationError, path: Path, text: str) -> PlaygroundError:
    first = min(
        error.errors(include_url=False),
        # A key that is missing may well be the one that is misspelt.
        key=lambda item: (item["type"] == "missing", _line_of(text, str(item["loc"][0])) or 0),
    )
    key = str(first["loc"][0])
    line = _line_of(text, key)
    place = f"`{path}` line {line}" if line is not None else f"`{path}`"
    keys = list(ProjectFile.model_fields)
    match first["type"]:
        case "extra_forbidden":
            meant = nearest(key, keys)
            suggestion = f"did you mean `{meant}`? " if meant is not None else ""
            return PlaygroundError(
                f"{place}: unknown key `{key}`", hint=f"{suggestion}keys: {', '.join(keys)}"
            )
        case "missing":
            return PlaygroundError(f"{place} has no key `{key}`", hint=_HINT)
    message = first["msg"].removeprefix("Input ")
    return PlaygroundError(f"{place}: `{key}` {message}, not `{first['input']!r}`", hint=_HINT)


_KEY = r"""(?:[\w-]+|"[^"]*"|'[^']*')"""
_KEYS = rf"{_KEY}(?:\s*\.\s*{_KEY})*"
_HEAD_OR_SETTING = re.compile(rf"\s*\[\[?\s*(?P<table>{_KEYS})\s*\]|\s*(?P<key>{_KEYS})\s*=")


def _line_of(text: str, *keys: str) -> int | None:
    """Return the number, from 1, of the line that sets a key or opens a table of that name.

    Of a key that is not by itself in a line, it is that of the innermost table around it.
    """
    places = []
    table = ""
    for number, line in enumerate(text.splitlines(), start=1):
        found = _HEAD_OR_SETTING.match(line)
        if found is None:
            continue
        named = ".".join(
            key.strip("\"'") for key in re.findall(_KEY, found["table"] or found["key"])
        )
        if found["table"]:
            table, place = named, named
        else:
            place = f"{table}.{named}" if table else named
        places.append((number, f"{place}."))
    for depth in range(len(keys), 0, -1):
        wanted = ".".join(keys[:depth]) + "."
        for number, place in places:
            if place.startswith(wanted):
                return number
    return None
