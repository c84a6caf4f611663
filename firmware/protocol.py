"""The host's half of the packets between host and firmware (`runtime/frame.h`)."""

from __future__ import annotations

__all__ = [
    "PROTOCOL_VERSION",
    "Digest",
    "Frame",
    "FrameStream",
    "FrameType",
    "LayerRecord",
    "Refusal",
    "Trap",
    "decode_content",
    "decode_digest",
    "decode_frames",
    "decode_ready",
    "decode_result",
    "decode_stepped",
    "decode_trap",
    "encode_digest",
    "encode_exit",
    "encode_hello",
    "encode_inference",
    "encode_inputs",
    "encode_read",
    "encode_reset",
    "encode_run",
    "encode_step",
]

import enum
import struct
import zlib
from collections.abc import Sequence
from dataclasses import dataclass

PROTOCOL_VERSION = 2
_MAGIC = b"\xc5\xf0"
_INPUT_CHUNK_BYTES = 512
_HEADER = struct.Struct("<BI")
_RECORD = struct.Struct("<QQI")
_WORD = struct.Struct("<I")
_LONGEST_PAYLOAD_BYTES = 1 << 20  # a length above this is noise


class FrameType(enum.IntEnum):
    """What a frame carries."""

    SET_INPUT = 0x01
    RUN = 0x02
    EXIT = 0x03
    STEP = 0x04
    DIGEST = 0x05
    READ = 0x06
    HELLO = 0x07
    RESET = 0x08
    READY = 0x81
    REFUSED = 0x82
    RESULT = 0x83
    OUTPUT = 0x84
    TRAP = 0x85
    TEXT = 0x86
    STEPPED = 0x87
    DIGEST_OF = 0x88
    CONTENT = 0x89


class Refusal(enum.IntEnum):
    """Why the firmware took no notice of a frame."""

    BAD_CRC = 1
    TOO_LONG = 2
    UNKNOWN_TYPE = 3
    BAD_INPUT = 4
    MISSING_INPUT = 5
    BAD_STEP = 6


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


@dataclass(frozen=True)
class Digest:
    """The CRC-32 of a piece of the target's memory."""

    address: int
    bytes: int
    crc: int


def encode_inference(inputs: Sequence[bytes]) -> bytes:
    """Return the frames that set a model's inputs, one bytes object each, and run it."""
    return encode_inputs(inputs) + encode_run(inputs)


def encode_inputs(inputs: Sequence[bytes]) -> bytes:
    """Return the frames that set a model's inputs."""
    frames = []
    for index, data in enumerate(inputs):
        for offset in range(0, len(data), _INPUT_CHUNK_BYTES):
            chunk = data[offset : offset + _INPUT_CHUNK_BYTES]
            frames.append(_encode(FrameType.SET_INPUT, struct.pack("<II", index, offset) + chunk))
    return b"".join(frames)


def encode_run(inputs: Sequence[bytes]) -> bytes:
    """Return the frame that runs the model, if its inputs have arrived."""
    return _encode(FrameType.RUN, _WORD.pack(sum(map(len, inputs))))


def encode_step(sequence: int, layer: int, inputs: Sequence[bytes]) -> bytes:
    """Return the frame that runs one layer: layer 0 if the inputs have arrived, or the next one.

    Parameters
    ----------
    sequence
        Another one, not 0, for each step: one that comes twice is run once.
    """
    return _encode(FrameType.STEP, struct.pack("<III", sequence, layer, sum(map(len, inputs))))


def encode_digest(address: int, size_bytes: int) -> bytes:
    """Return the frame that asks for the CRC-32 of memory."""
    return _encode(FrameType.DIGEST, struct.pack("<II", address, size_bytes))


def encode_read(address: int, size_bytes: int) -> bytes:
    """Return the frame that asks for the content of memory."""
    return _encode(FrameType.READ, struct.pack("<II", address, size_bytes))


def encode_hello() -> bytes:
    """Return the frame that is answered with READY."""
    return _encode(FrameType.HELLO, b"")


def encode_reset() -> bytes:
    """Return the frame that resets the SoC."""
    return _encode(FrameType.RESET, b"")


def encode_exit() -> bytes:
    """Return the frame that ends a session."""
    return _encode(FrameType.EXIT, b"")


def decode_frames(stream: bytes) -> list[Frame]:
    """Return the undamaged frames of a stream; what is between them is passed over."""
    return FrameStream().feed(stream)


class FrameStream:
    """Finds frames in a stream that comes piece by piece."""

    def __init__(self) -> None:
        self._buffer = b""

    def feed(self, data: bytes) -> list[Frame]:
        """Return the undamaged frames that further bytes of the stream complete, in order."""
        self._buffer += data
        frames = []
        position = done = 0
        unfinished = None  # where the first frame begins whose end has not come yet
        while (begin := self._buffer.find(_MAGIC, position)) >= 0:
            end = _end_of_frame(self._buffer, begin)
            if end is None:
                unfinished = begin if unfinished is None else unfinished
            elif (frame := _frame(self._buffer[begin:end])) is not None:
                frames.append(frame)
                unfinished = None
                position = done = end
                continue
            position = begin + 1
        keep = max(done, len(self._buffer) - 1) if unfinished is None else unfinished
        self._buffer = self._buffer[keep:]
        return frames


def _end_of_frame(stream: bytes, begin: int) -> int | None:
    """Return where a frame ends, or None while that is not known or has not come.

    Of what is no frame for certain, it is the end of the magic bytes.
    """
    body = begin + len(_MAGIC)
    if body + _HEADER.size > len(stream):
        return None
    kind, length = _HEADER.unpack_from(stream, body)
    if kind not in set(FrameType) or length > _LONGEST_PAYLOAD_BYTES:
        return body
    end = body + _HEADER.size + int(length) + _WORD.size
    return end if end <= len(stream) else None


def _frame(data: bytes) -> Frame | None:
    """Return the frame that bytes are, if they are one."""
    body, crc = data[len(_MAGIC) : -_WORD.size], data[-_WORD.size :]
    if len(body) < _HEADER.size or crc != _WORD.pack(zlib.crc32(body)):
        return None
    return Frame(FrameType(body[0]), body[_HEADER.size :])


def decode_ready(payload: bytes) -> tuple[int, int]:
    """Return the protocol's version and the count of layers of a READY frame."""
    version, layers = struct.unpack("<II", payload)
    return version, layers


def decode_stepped(payload: bytes) -> tuple[int, LayerRecord]:
    """Return the sequence number and the layer's record of a STEPPED frame."""
    (sequence,) = _WORD.unpack_from(payload)
    (record,) = decode_result(payload[_WORD.size :])
    return sequence, record


def decode_digest(payload: bytes) -> Digest:
    """Return what a DIGEST_OF frame says."""
    return Digest(*struct.unpack("<III", payload))


def decode_content(payload: bytes) -> tuple[int, bytes]:
    """Return the address and the bytes of a CONTENT frame."""
    (address,) = _WORD.unpack_from(payload)
    return address, payload[_WORD.size :]


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
