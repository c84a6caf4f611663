"""Profiles as JSON files."""

from __future__ import annotations

__all__ = [
    "load_profile",
    "parse_profile",
    "profile_json",
    "profile_json_schema",
    "save_profile",
]

import json
import os
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from profiles.profile import SCHEMA_VERSION, Profile
from toolchain import PlaygroundError

_AGAIN = "write it anew with `cfu run --save`"


def profile_json(profile: Profile) -> dict[str, Any]:
    """Return what a profile's file holds, as JSON-able values.

    NaN and infinities, for which JSON has no numbers, are strings.
    """
    values: dict[str, Any] = json.loads(profile.model_dump_json())
    return values


def save_profile(profile: Profile, path: Path) -> None:
    """Write a profile; the file appears whole or not at all.

    Raises
    ------
    PlaygroundError
        If it cannot be written.
    """
    scratch = path.parent / f".{path.name}.{os.getpid()}"
    try:
        try:
            scratch.write_text(profile.model_dump_json(indent=2) + "\n", encoding="utf-8")
            scratch.replace(path)
        finally:
            scratch.unlink(missing_ok=True)
    except OSError as error:
        raise PlaygroundError(
            f"cannot write the profile `{path}`: {error.strerror}",
            hint="`--save` takes the path of a file in a directory that exists",
        ) from error


def load_profile(path: Path) -> Profile:
    """Read a profile that `save_profile` wrote.

    Raises
    ------
    PlaygroundError
        If there is no such file, or it is not JSON, not a profile, damaged, or of a schema this
        version does not know.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise PlaygroundError(
            f"cannot read the profile `{path}`: {error.strerror}",
            hint="`cfu run --save FILE` writes one",
        ) from error
    except ValueError as error:
        raise PlaygroundError(f"`{path}` is not JSON: {error}", hint=_AGAIN) from error
    return parse_profile(text, f"`{path}`")


def parse_profile(text: str, place: str) -> Profile:
    """Read a profile's text.

    Parameters
    ----------
    place
        Where it is from, for what is said of it: "`saved.json`".

    Raises
    ------
    PlaygroundError
        If it is not JSON, not a profile, damaged, or of a schema this version does not know.
    """
    try:
        content = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise PlaygroundError(f"{place} is not JSON: {error}", hint=_AGAIN) from error
    version = content.get("schema_version") if isinstance(content, dict) else None
    if type(version) is not int:
        raise PlaygroundError(
            f"{place} is not a profile: it has no `schema_version`",
            hint="`cfu run --save FILE` writes one",
        )
    if version > SCHEMA_VERSION:
        raise PlaygroundError(
            f"{place} has schema version {version}, and this playground reads up to "
            f"{SCHEMA_VERSION}",
            hint="read it with the newer playground that wrote it",
        )
    try:
        return Profile.model_validate_json(text)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        key = ".".join(map(str, first["loc"])) or "the whole"
        others = f" (and {error.error_count() - 1} more)" if error.error_count() > 1 else ""
        raise PlaygroundError(
            f"the profile {place} is damaged: `{key}`: {first['msg']}{others}", hint=_AGAIN
        ) from error


def profile_json_schema() -> dict[str, Any]:
    """Return the JSON Schema of a profile's file, as this version writes it."""
    schema = Profile.model_json_schema(mode="serialization")
    required = ["schema_version", *schema["required"]]  # it has a default for Python only
    draft = "https://json-schema.org/draft/2020-12/schema"
    return {"$schema": draft, **schema, "required": required}
