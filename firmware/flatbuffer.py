"""Bounds-checked reading of FlatBuffers tables.

The `flatbuffers` package trusts every offset in a file; these accessors check each one, so that a
damaged file ends in an error, never in bytes from somewhere else, a hang or a huge allocation.
Layout: https://flatbuffers.dev/internals/.
"""

from __future__ import annotations

__all__ = ["FlatBuffer", "FlatBufferError", "TableView"]

import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from firmware.tflite_schema import Field, table_fields, union_member

# A file made by any known tool refers to each byte once, or a few times where tables are shared.
# A damaged one can refer to the same long vector from every table; reading that would take forever.
_READS_PER_BYTE = 16
_SPARE_READS = 1 << 16

# How an element of each kind is laid out, for `struct`.
_FORMATS: Mapping[str, str] = {
    "bool": "<B",
    "int8": "<b",
    "uint8": "<B",
    "int16": "<h",
    "uint16": "<H",
    "int32": "<i",
    "uint32": "<I",
    "int64": "<q",
    "uint64": "<Q",
    "float32": "<f",
    "float64": "<d",
}


class FlatBufferError(Exception):
    """The file breaks the rules of the format; the text says where."""


class FlatBuffer:
    """A file's bytes, read with every access checked and the total of all reads bounded."""

    def __init__(self, content: bytes) -> None:
        self._content = content
        self._reads_left = _READS_PER_BYTE * len(content) + _SPARE_READS

    def root(self, table: str) -> TableView:
        """Return the file's root table, which the schema calls `table`."""
        return TableView(self, table, self.number("uint32", 0, "root table's offset"))

    def number(self, kind: str, position: int, what: str) -> Any:
        """Return the number at a byte position; `what` names it in an error."""
        layout = _FORMATS[kind]
        self.check(position, struct.calcsize(layout), what)
        return struct.unpack_from(layout, self._content, position)[0]

    def read(self, position: int, size: int, what: str) -> bytes:
        """Return `size` bytes from a position."""
        self.check(position, size, what)
        return self._content[position : position + size]

    def check(self, position: int, size: int, what: str) -> None:
        """Raise unless these bytes are in the file, and count them as read."""
        if position < 0 or position + size > len(self._content):
            raise FlatBufferError(f"{what} at byte {position} lies outside of the file")
        self._reads_left -= size
        if self._reads_left < 0:
            raise FlatBufferError(f"{what} at byte {position} is one of too many overlapping parts")


@dataclass(frozen=True)
class TableView:
    """A table at a byte position of a file, its fields known by the schema's names.

    Creating one checks that the table and its vtable are inside the file.

    Attributes
    ----------
    name
        The schema's name of the table.
    position
        Byte position in the file; two views of the same position are the same table.
    """

    file: FlatBuffer
    name: str
    position: int

    def __post_init__(self) -> None:
        vtable = self._vtable()
        vtable_bytes = self.file.number("uint16", vtable, self._part("vtable"))
        table_bytes = self.file.number("uint16", vtable + 2, self._part("vtable"))
        if vtable_bytes < 4 or vtable_bytes % 2 or table_bytes < 4:
            raise FlatBufferError(f"{self._part('vtable')} at byte {vtable} has impossible sizes")
        self.file.check(vtable, vtable_bytes, self._part("vtable"))
        self.file.check(self.position, table_bytes, f"table `{self.name}`")

    def number(self, field_name: str) -> Any:
        """Return a number or bool, the schema's default if it is absent."""
        field = self._field(field_name)
        position = self._find(field)
        if position is None:
            return field.default
        value = self.file.number(field.kind, position, self._part(field_name))
        return bool(value) if field.kind == "bool" else value

    def has(self, field_name: str) -> bool:
        """Return whether the file gives the field."""
        return self._find(self._field(field_name)) is not None

    def string(self, field_name: str) -> str:
        """Return a text, "" if it is absent; what cannot be printed is replaced."""
        start = self._reference(field_name)
        if start is None:
            return ""
        size = self.file.number("uint32", start, self._part(field_name))
        content = self.file.read(start + 4, size + 1, self._part(field_name))
        if content[-1]:
            raise FlatBufferError(f"{self._part(field_name)} at byte {start} does not end with 0")
        text = content[:-1].decode(errors="replace")
        return "".join(
            letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in text
        )

    def vector(self, field_name: str) -> npt.NDArray[Any] | None:
        """Return a vector of numbers, one-dimensional, or `None` if it is absent."""
        if not self.has(field_name):
            return None
        field = self._field(field_name)
        content = self.file.read(*self._extent(field), self._part(field_name))
        return np.frombuffer(content, np.dtype(field.kind).newbyteorder("<"))

    def table(self, field_name: str, table: str) -> TableView | None:
        """Return a table or union member, which the schema calls `table`."""
        start = self._reference(field_name)
        return None if start is None else TableView(self.file, table, start)

    def tables(self, field_name: str, table: str) -> tuple[TableView, ...]:
        """Return a vector of tables, empty if it is absent."""
        start = self._reference(field_name)
        if start is None:
            return ()
        what = self._part(field_name)
        count = self.file.number("uint32", start, what)
        self.file.check(start + 4, 4 * count, what)
        positions = range(start + 4, start + 4 + 4 * count, 4)
        return tuple(
            TableView(self.file, table, position + self.file.number("uint32", position, what))
            for position in positions
        )

    def verify(self) -> None:
        """Raise unless all that the schema knows of this table and those below is in the file."""
        waiting, seen = [self], {(self.name, self.position)}
        while waiting:
            for table in waiting.pop()._verify_fields():
                if (table.name, table.position) not in seen:
                    seen.add((table.name, table.position))
                    waiting.append(table)

    def _verify_fields(self) -> Iterator[TableView]:
        """Check each field and yield the tables that the fields refer to."""
        for field in table_fields(self.name).values():
            if not self.has(field.name):
                continue
            if field.kind == "union":
                member = union_member(field.name, self.number(f"{field.name}_type"))
                table = None if member is None else self.table(field.name, member)
                if table is not None:
                    yield table
            elif field.is_vector and field.table:
                yield from self.tables(field.name, field.table)
            elif field.table:
                table = self.table(field.name, field.table)
                assert table is not None
                yield table
            elif field.kind == "string":
                self.string(field.name)
            elif field.is_vector:
                self.file.check(*self._extent(field), self._part(field.name))
            else:
                self.number(field.name)

    def _field(self, name: str) -> Field:
        return table_fields(self.name)[name]

    def _part(self, name: str) -> str:
        return f"`{name}` of table `{self.name}`"

    def _vtable(self) -> int:
        offset = self.file.number("int32", self.position, f"table `{self.name}`")
        return self.position - int(offset)

    def _find(self, field: Field) -> int | None:
        """Return the byte position of a field's inline part, `None` if the field is absent."""
        vtable = self._vtable()
        what = self._part(field.name)
        entry = 4 + 2 * field.slot
        if entry + 2 > self.file.number("uint16", vtable, what):
            return None
        offset = self.file.number("uint16", vtable + entry, what)
        if offset == 0:
            return None
        inline = not field.is_vector and field.kind in _FORMATS
        size = struct.calcsize(_FORMATS[field.kind]) if inline else 4
        if offset < 4 or offset + size > self.file.number("uint16", vtable + 2, what):
            raise FlatBufferError(f"{what} at byte {self.position + offset} is not in its table")
        return self.position + int(offset)

    def _extent(self, field: Field) -> tuple[int, int]:
        """Return the byte position and the bytes of a vector of numbers that is present."""
        start = self._reference(field.name)
        assert start is not None
        count = self.file.number("uint32", start, self._part(field.name))
        return start + 4, count * struct.calcsize(_FORMATS[field.kind])

    def _reference(self, field_name: str) -> int | None:
        """Return the byte position that a field refers to, `None` if the field is absent."""
        position = self._find(self._field(field_name))
        if position is None:
            return None
        return position + int(self.file.number("uint32", position, self._part(field_name)))
