from __future__ import annotations

import struct

from hypothesis import given
from hypothesis import strategies as st

from firmware.protocol import (
    Frame,
    FrameType,
    LayerRecord,
    decode_frames,
    decode_result,
    encode_exit,
    encode_inference,
)

_INPUTS = st.lists(st.binary(max_size=1500), min_size=1, max_size=3)


@given(_INPUTS)
def test_inputs_arrive_in_order_and_whole(inputs: list[bytes]) -> None:
    *chunks, run = decode_frames(encode_inference(inputs))
    assert run == Frame(FrameType.RUN, struct.pack("<I", sum(map(len, inputs))))
    received = [bytearray() for _ in inputs]
    for chunk in chunks:
        assert chunk.type is FrameType.SET_INPUT
        assert len(chunk.payload) <= 1024, "the firmware takes no more"
        index, offset = struct.unpack("<II", chunk.payload[:8])
        assert offset == len(received[index])
        received[index] += chunk.payload[8:]
    assert received == inputs


@given(_INPUTS, st.data())
def test_a_damaged_frame_is_dropped_and_the_others_are_not(
    inputs: list[bytes], data: st.DataObject
) -> None:
    stream = bytearray(encode_inference(inputs) + encode_exit())
    frames = decode_frames(bytes(stream))
    position = data.draw(st.integers(0, len(stream) - 1))
    stream[position] ^= data.draw(st.integers(1, 255))
    survivors = decode_frames(bytes(stream))
    assert len(survivors) >= len(frames) - 1
    assert all(frame in frames for frame in survivors)


@given(st.binary(max_size=300))
def test_noise_holds_no_frames(noise: bytes) -> None:
    assert decode_frames(noise) == []
    assert decode_frames(noise + encode_exit())[-1:] == [Frame(FrameType.EXIT, b"")]


def test_records_are_read() -> None:
    payload = struct.pack("<QQI", 1 << 40, 7, 1) + struct.pack("<QQI", 5, 4, 0)
    assert decode_result(payload) == (
        LayerRecord(1 << 40, 7, overridden=True),
        LayerRecord(5, 4, overridden=False),
    )
