"""Digests of values, by which artifacts are found again."""

from __future__ import annotations

__all__ = ["digest"]

import dataclasses
import enum
import hashlib
from collections.abc import Mapping, Sequence, Set
from pathlib import Path


def digest(*parts: object) -> str:
    """Return the SHA-256, in hex, of the values of `parts`.

    Accepted are str, bytes, int, float, bool, None, enumerations, mappings (in any order), sets,
    sequences and dataclasses of these, and paths, which stand for the content of the file they
    name. The encoding is prefix-free: different values never hash the same bytes.

    Raises
    ------
    TypeError
        For a value of any other type.
    """
    hasher = hashlib.sha256()
    for part in parts:
        hasher.update(_encode(part))
    return hasher.hexdigest()


def _encode(value: object) -> bytes:
    match value:
        case None:
            return b"n;"
        case enum.Enum():
            return _frame(b"e", type(value).__qualname__.encode() + b"." + value.name.encode())
        case bool() | int() | float():
            return _frame(type(value).__name__[0].encode(), repr(value).encode())
        case str():
            return _frame(b"s", value.encode(errors="surrogatepass"))
        case bytes():
            return _frame(b"y", value)
        case Path():
            return _frame(b"p", value.read_bytes())
        case Mapping():
            items = sorted(_encode(key) + _encode(item) for key, item in value.items())
            return _frame(b"m", b"".join(items))
        case Set():
            return _frame(b"t", b"".join(sorted(_encode(item) for item in value)))
        case Sequence():
            return _frame(b"l", b"".join(_encode(item) for item in value))
        case _ if dataclasses.is_dataclass(value) and not isinstance(value, type):
            fields = {f.name: getattr(value, f.name) for f in dataclasses.fields(value)}
            return _frame(b"d", type(value).__qualname__.encode() + _encode(fields))
    raise TypeError(f"a {type(value).__name__} has no digest")


def _frame(tag: bytes, payload: bytes) -> bytes:
    return tag + str(len(payload)).encode() + b":" + payload
