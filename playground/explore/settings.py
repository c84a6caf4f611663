"""What a search is told: the table `[explore]` of `cfu.toml`, and flags, which come first."""

from __future__ import annotations

__all__ = ["Settings", "read_settings"]

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from playground.explore.study import SAMPLERS
from playground.names import nearest
from playground.project import PROJECT_FILE
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


def read_settings(table: Mapping[str, Any] | None, flags: Mapping[str, Any]) -> Settings:
    """Return the settings of a project's table and of flags.

    Parameters
    ----------
    table
        `[explore]` of a `cfu.toml`, None if there is none.
    flags
        Fields of `Settings` by name, None where a flag was not given.

    Raises
    ------
    PlaygroundError
        If a key is unknown, with the nearest there is, or a value is of another kind.
    """
    try:
        written = _Table.model_validate(table or {})
    except ValidationError as error:
        raise _explained(error) from error
    said = {name: value for name, value in written if value is not None}
    if written.search is not None:
        said["search"] = _flat(written.search)
    if written.objectives is not None:
        said["objectives"] = tuple(written.objectives)
    given = {name: value for name, value in flags.items() if value not in (None, {}, ())}
    settings = Settings(**{**said, **given})
    if settings.sampler is not None and settings.sampler not in SAMPLERS:
        meant = nearest(settings.sampler, SAMPLERS)
        raise PlaygroundError(
            f"there is no sampler `{settings.sampler}`",
            hint=(f"did you mean `{meant}`? " if meant else "")
            + f"samplers: {', '.join(SAMPLERS)}",
        )
    return settings


def _flat(search: Mapping[str, Any]) -> dict[str, list[Any] | None]:
    """Return the names with their values; `[explore.search.cpu]` holds those of "cpu."."""
    found: dict[str, list[Any] | None] = {}
    for name, value in search.items():
        match value:
            case dict():
                found |= {f"{name}.{inner}": v for inner, v in _flat(value).items()}
            case list():
                found[name] = value
            case "all":
                found[name] = None
            case _:
                raise PlaygroundError(
                    f"`{PROJECT_FILE}`: `search` has `{name} = {value!r}`, which is no list",
                    hint='values are listed as in `data_cache = [0, 4096]`; "all" are all',
                )
    return found


def _explained(error: ValidationError) -> PlaygroundError:
    first = error.errors(include_url=False)[0]
    key = str(first["loc"][0])
    keys = list(_Table.model_fields)
    if first["type"] == "extra_forbidden":
        meant = nearest(key, keys)
        return PlaygroundError(
            f"`{PROJECT_FILE}`: unknown key `{key}` in `[explore]`",
            hint=(f"did you mean `{meant}`? " if meant else "") + f"keys: {', '.join(keys)}",
        )
    message = first["msg"].removeprefix("Input ")
    return PlaygroundError(
        f"`{PROJECT_FILE}`: `{key}` in `[explore]` {message}, not `{first['input']!r}`",
        hint="docs/explore.md shows such a table",
    )
