"""What a search is told: the table `[explore]` of `cfu.toml`, and flags, which come first."""

from __future__ import annotations

__all__ = ["Settings", "read_settings", "search_errors"]

import dataclasses
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from boards import board_names
from playground.explore.objectives import find_objectives
from playground.explore.study import SAMPLERS
from playground.names import nearest, unknown_name
from playground.project import project_errors
from toolchain import PlaygroundError


@dataclass(frozen=True)
class Settings:
    """What to search, for what, and how.

    Attributes
    ----------
    search
        Values by name, None for those there are; empty for the names there are.
    sampler
        None for a grid if there are trials enough for all the space, else NSGA-II.
    fpga
        Board on whose FPGA area is counted; None for the design's own, or ULX3S.
    fits
        Board that the whole system must fit.
    """

    search: Mapping[str, list[Any] | None] = dataclasses.field(default_factory=dict)
    objectives: tuple[str, ...] = ("cycles", "cells")
    trials: int = 100
    sampler: str | None = None
    seed: int = 1
    fpga: str | None = None
    fits: str | None = None
    max_cells: int | None = None
    max_dsp: int | None = None
    max_ram: int | None = None


_Limit = Annotated[int, Field(ge=0)] | None


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    search: dict[str, Any] | None = None
    objectives: Annotated[list[str], Field(min_length=1)] | None = None
    trials: Annotated[int, Field(ge=1)] | None = None
    sampler: str | None = None
    seed: Annotated[int, Field(ge=0)] | None = None
    fpga: str | None = None
    fits: str | None = None
    max_cells: _Limit = None
    max_dsp: _Limit = None
    max_ram: _Limit = None


def read_settings(
    table: Mapping[str, Any] | None, flags: Mapping[str, Any], *, project: Path | None = None
) -> Settings:
    """Return the settings of a project's table and of flags.

    Parameters
    ----------
    table
        `[explore]` of a `cfu.toml`, None if there is none.
    flags
        Fields of `Settings` by name, None where a flag was not given.
    project
        Directory of that `cfu.toml`, for errors to name file and line.

    Raises
    ------
    PlaygroundError
        If a key is unknown, with the nearest there is, or a value is of another kind.
    """
    try:
        written = _Table.model_validate(table or {})
    except ValidationError as error:
        key, explained = _explained(error)
        with _errors(project, key):
            raise explained from error
    said = {name: value for name, value in written if value is not None}
    if written.search is not None:
        said["search"] = _flat(written.search, project)
    if written.objectives is not None:
        said["objectives"] = tuple(written.objectives)
    given = {name: value for name, value in flags.items() if value not in (None, {}, ())}
    settings = Settings(**{**said, **given})
    for key, check in _CHECKS.items():
        value = getattr(settings, key)
        if value is not None:
            with _errors(None if key in given else project, key):
                check(value)
    return settings


@contextmanager
def search_errors(project: Path | None, names: Iterable[str]) -> Iterator[None]:
    """Have errors in a block that tell of a search name the line of `cfu.toml` that asks for it.

    Parameters
    ----------
    project
        None if the search is not from there.
    names
        What is searched.
    """
    try:
        yield
    except PlaygroundError as error:
        name = next((each for each in names if _is_of(error.message, each)), None)
        if name is None and "search" not in re.sub("`[^`]*`", "", error.message):
            raise
        with _errors(project, "search", *([name] if name is not None else [])):
            raise


def _is_of(message: str, name: str) -> bool:
    """Return whether a message is of something that is searched; it may say `units` for it."""
    group, _, last = name.rpartition(".")
    own = rf"\b{re.escape(last)}\b" if group else f"`{re.escape(name)}`"
    return re.search(own, message) is not None


def _errors(project: Path | None, *keys: str) -> AbstractContextManager[None]:
    return nullcontext() if project is None else project_errors(project, "explore", *keys)


def _check_sampler(name: str) -> None:
    if name not in SAMPLERS:
        meant = nearest(name, SAMPLERS)
        raise PlaygroundError(
            f"there is no sampler `{name}`",
            hint=(f"did you mean `{meant}`? " if meant else "")
            + f"samplers: {', '.join(SAMPLERS)}",
        )


def _check_board(name: str) -> None:
    if name not in board_names():
        raise unknown_name("board", name, board_names(), listed_by="cfu list boards")


_CHECKS: Mapping[str, Callable[[Any], object]] = {
    "objectives": find_objectives,
    "sampler": _check_sampler,
    "fpga": _check_board,
    "fits": _check_board,
}


def _flat(
    search: Mapping[str, Any], project: Path | None, prefix: str = ""
) -> dict[str, list[Any] | None]:
    """Return the names with their values; `[explore.search.cpu]` holds those of "cpu."."""
    found: dict[str, list[Any] | None] = {}
    for key, value in search.items():
        name = prefix + key
        match value:
            case dict():
                found |= _flat(value, project, f"{name}.")
            case list():
                found[name] = value
            case "all":
                found[name] = None
            case _:
                with _errors(project, "search", name):
                    raise PlaygroundError(
                        f"`search` has `{name} = {value!r}`, which is no list",
                        hint='values are listed as in `data_cache = [0, 4096]`; "all" are all',
                    )
    return found


def _explained(error: ValidationError) -> tuple[str, PlaygroundError]:
    """Return the key that is wrong, and what to tell of it."""
    first = error.errors(include_url=False)[0]
    key = str(first["loc"][0])
    keys = list(_Table.model_fields)
    if first["type"] == "extra_forbidden":
        meant = nearest(key, keys)
        return key, PlaygroundError(
            f"unknown key `{key}` in `[explore]`",
            hint=(f"did you mean `{meant}`? " if meant else "") + f"keys: {', '.join(keys)}",
        )
    message = first["msg"].removeprefix("Input ")
    return key, PlaygroundError(
        f"`{key}` in `[explore]` {message}, not `{first['input']!r}`",
        hint="docs/explore.md shows such a table",
    )
