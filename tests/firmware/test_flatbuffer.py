"""Reading of tables checks every offset."""

from __future__ import annotations

import struct

import pytest

from firmware.flatbuffer import FlatBuffer, FlatBufferError

# A `ReducerOptions` table, by hand: root offset, vtable (size, table size, slot 0), the table.
VTABLE = struct.pack("<HHH2x", 6, 8, 4)
TABLE = struct.pack("<iB3x", 8, 1)


def reducer(vtable: bytes = VTABLE, table: bytes = TABLE, root: int = 12) -> FlatBuffer:
    return FlatBuffer(struct.pack("<I", root) + vtable + table)


def test_a_table_is_read() -> None:
    view = reducer().root("ReducerOptions")
    assert view.number("keep_dims") is True
    assert view.has("keep_dims")


def test_a_field_beyond_the_vtable_has_its_default() -> None:
    view = reducer(vtable=struct.pack("<HHHH", 4, 8, 0, 0)).root("ReducerOptions")
    assert view.number("keep_dims") is False
    assert not view.has("keep_dims")


@pytest.mark.parametrize(
    ("file", "message"),
    [
        (FlatBuffer(b""), "root table's offset at byte 0 lies outside"),
        (reducer(root=1 << 31), "table `ReducerOptions` at byte 2147483648 lies outside"),
        (reducer(root=18), "table `ReducerOptions` at byte 18 lies outside"),
        (reducer(table=struct.pack("<iB3x", 99, 1)), "`vtable` .* at byte -87 lies outside"),
        (reducer(table=struct.pack("<iB3x", -99, 1)), "`vtable` .* at byte 111 lies outside"),
        (reducer(vtable=struct.pack("<HHH2x", 3, 8, 4)), "at byte 4 has impossible sizes"),
        (reducer(vtable=struct.pack("<HHH2x", 2, 8, 4)), "at byte 4 has impossible sizes"),
        (reducer(vtable=struct.pack("<HHH2x", 6, 3, 4)), "at byte 4 has impossible sizes"),
        (reducer(vtable=struct.pack("<HHH2x", 60, 8, 4)), "`vtable` .* at byte 4 lies outside"),
        (reducer(vtable=struct.pack("<HHH2x", 6, 9, 4)), "at byte 12 lies outside"),
    ],
)
def test_tables_outside_of_the_file_are_refused(file: FlatBuffer, message: str) -> None:
    with pytest.raises(FlatBufferError, match=message):
        file.root("ReducerOptions")


@pytest.mark.parametrize("offset", [1, 3, 8, 60000])
def test_fields_outside_of_their_table_are_refused(offset: int) -> None:
    view = reducer(vtable=struct.pack("<HHH2x", 6, 8, offset)).root("ReducerOptions")
    with pytest.raises(FlatBufferError, match=r"`keep_dims` of table .* is not in its table"):
        view.number("keep_dims")


@pytest.mark.parametrize(("count", "fits"), [(0, True), (2, True), (3, False), (1 << 30, False)])
def test_vectors_must_end_in_the_file(count: int, fits: bool) -> None:
    table = struct.pack("<iI", 8, 4) + struct.pack("<Iii", count, 7, -8)
    view = reducer(table=table).root("ReshapeOptions")
    if fits:
        vector = view.vector("new_shape")
        assert vector is not None
        assert vector.tolist() == [7, -8][:count]
    else:
        with pytest.raises(FlatBufferError, match=r"`new_shape` .* lies outside of the file"):
            view.vector("new_shape")


def test_reading_the_same_bytes_again_and_again_ends() -> None:
    file = reducer()

    def read_forever() -> None:
        while True:
            file.read(0, 20, "part")

    with pytest.raises(FlatBufferError, match="part at byte 0 is one of too many overlapping"):
        read_forever()


def test_texts_must_end_with_zero() -> None:
    def text(end: bytes) -> str:
        content = struct.pack("<iI", 8, 4) + struct.pack("<I", 2) + b"ab" + end
        file = reducer(table=content)
        return file.root("Metadata").string("name")

    assert text(b"\0") == "ab"
    with pytest.raises(FlatBufferError, match=r"`name` .* does not end with 0"):
        text(b"c")
    with pytest.raises(FlatBufferError, match=r"`name` .* lies outside"):
        text(b"")


def test_verifying_reaches_every_table() -> None:
    def metadata(name_offset: int) -> FlatBuffer:
        """Return a `Model` with one `Metadata` table, whose name is at that offset."""
        model_vtable = struct.pack("<10H", 20, 8, *[0] * 6, 4, 0)
        model = struct.pack("<iI", 20, 4)
        vector = struct.pack("<II", 1, 12)
        vtable = struct.pack("<HHHH", 6, 8, 4, 0)
        table = struct.pack("<iI", 8, name_offset) + struct.pack("<I2s2x", 2, b"ab")
        return FlatBuffer(struct.pack("<I", 24) + model_vtable + model + vector + vtable + table)

    metadata(4).root("Model").verify()
    with pytest.raises(FlatBufferError, match=r"`name` of table `Metadata` .* lies outside"):
        metadata(1 << 20).root("Model").verify()
