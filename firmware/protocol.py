"""The host's half of the packets between host and firmware (`runtime/frame.h`)."""

from __future__ import annotations

__all__ = [
    "Frame",
    "FrameType",
    "LayerRecord",
    "Refusal",
    "Trap",
    "decode_frames",
    "decode_result",
    "decode_trap",
    "encode_exit",
    "encode_inference",
]

import enum
import struct
import zlib
from collections.abc import Sequence
from dataclasses import dataclass

_MAGIC = b"\xc5\xf0"
_INPUT_CHUNK_BYTES = 512
_HEADER = struct.Struct("<BI")
_RECORD = struct.Struct("<QQI")


class FrameType(enum.IntEnum):
    """What a frame carries."""

    SET_INPUT = 0x01
    RUN = 0x02
    EXIT = 0x03
    READY = 0x81
    REFUSED = 0x82
    RESULT = 0x83
    OUTPUT = 0x84
    TRAP = 0x85
    TEXT = 0x86


class Refusal(enum.IntEnum):
    """Why the firmware took no notice of a frame."""

    BAD_CRC = 1
    TOO_LONG = 2
    UNKNOWN_TYPE = 3
    BAD_INPUT = 4
    MISSING_INPUT = 5


@dataclass(frozen=True)
class Frame:
    """A frame whose checksum was right."""

    type: FrameType
    payload: bytes


@dataclass(frozen=True)
class LayerRecord:
    """What the firmware measured of one layer.

    Attributes
    ----------
    cycles, instructions
        Differences of the CPU's own counters around the layer.
    overridden
        Whether the override ran the layer; otherwise the reference kernel did.
    """

    cycles: int
    instructions: int
    overridden: bool


@dataclass(frozen=True)
class Trap:
    """An exception the firmware reported: the CPU's registers at that time."""

    cause: int
    pc: int
    value: int
    return_address: int
    stack_pointer: int


def encode_inference(inputs: Sequence[bytes]) -> bytes:
    """Return the frames that set a model's inputs, one bytes object each, and run it."""
    frames = []
    for index, data in enumerate(inputs):
        for offset in range(0, len(data), _INPUT_CHUNK_BYTES):
            chunk = data[offset : offset + _INPUT_CHUNK_BYTES]
            frames.append(_encode(FrameType.SET_INPUT, struct.pack("<II", index, offset) + chunk))
    frames.append(_encode(FrameType.RUN, struct.pack("<I", sum(map(len, inputs)))))
    return b"".join(frames)


def encode_exit() -> bytes:
    """Return the frame that ends a session."""
    return _encode(FrameType.EXIT, b"")


def decode_frames(stream: bytes) -> list[Frame]:
    """Return the undamaged frames of a stream; what is between them is passed over."""
    frames = []
    position = 0
    while (position := stream.find(_MAGIC, position)) >= 0:
        begin = position + len(_MAGIC)
        end = begin + _HEADER.size
        position += 1
        if end > len(stream):
            break
        kind, length = _HEADER.unpack(stream[begin:end])
        if end + length + 4 > len(stream) or kind not in set(FrameType):
            continue
        (crc,) = struct.unpack("<I", stream[end + length : end + length + 4])
        if crc != zlib.crc32(stream[begin : end + length]):
            continue
        frames.append(Frame(FrameType(kind), stream[end : end + length]))
        position = end + length + 4
    return frames


def decode_result(payload: bytes) -> tuple[LayerRecord, ...]:
    """Return the layers' records of a RESULT frame."""
    return tuple(
        LayerRecord(cycles, instructions, bool(overridden))
        for cycles, instructions, overridden in _RECORD.iter_unpack(payload)
    )


def decode_trap(payload: bytes) -> Trap:
    """Return the registers of a TRAP frame."""
    return Trap(*struct.unpack("<5I", payload))


def _encode(kind: FrameType, payload: bytes) -> bytes:
    body = _HEADER.pack(kind, len(payload)) + payload
    return _MAGIC + body + struct.pack("<I", zlib.crc32(body))
