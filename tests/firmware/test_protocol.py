from __future__ import annotations

import struct

from hypothesis import given
from hypothesis import strategies as st

from firmware.protocol import (
    Digest,
    Frame,
    FrameStream,
    FrameType,
    LayerRecord,
    decode_content,
    decode_digest,
    decode_frames,
    decode_ready,
    decode_result,
    decode_stepped,
    encode_digest,
    encode_exit,
    encode_inference,
    encode_inputs,
    encode_read,
    encode_run,
    encode_step,
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


@given(_INPUTS, st.binary(max_size=20), st.data())
def test_a_stream_in_pieces_has_the_same_frames(
    inputs: list[bytes], noise: bytes, data: st.DataObject
) -> None:
    sent = encode_inference(inputs) + noise + encode_exit()
    cuts = sorted(data.draw(st.lists(st.integers(0, len(sent)), max_size=8)))
    stream = FrameStream()
    received = [
        frame
        for begin, end in zip([0, *cuts], [*cuts, len(sent)], strict=True)
        for frame in stream.feed(sent[begin:end])
    ]
    assert received == decode_frames(sent)


def test_a_frame_behind_one_that_never_ends_is_found() -> None:
    stream = FrameStream()
    assert stream.feed(encode_inputs([bytes(100)])[:50]) == []
    assert stream.feed(encode_exit()) == [Frame(FrameType.EXIT, b"")]


def test_inputs_and_run_make_an_inference() -> None:
    inputs = [b"abc", bytes(600)]
    assert encode_inputs(inputs) + encode_run(inputs) == encode_inference(inputs)


def test_requests_are_what_the_firmware_reads() -> None:
    frames = decode_frames(encode_step(7, 3, [b"abc"]) + encode_digest(16, 5) + encode_read(1, 2))
    assert [(f.type, f.payload) for f in frames] == [
        (FrameType.STEP, struct.pack("<III", 7, 3, 3)),
        (FrameType.DIGEST, struct.pack("<II", 16, 5)),
        (FrameType.READ, struct.pack("<II", 1, 2)),
    ]


def test_answers_are_read() -> None:
    record = struct.pack("<QQI", 5, 4, 1)
    assert decode_ready(struct.pack("<II", 2, 13)) == (2, 13)
    assert decode_stepped(struct.pack("<I", 9) + record) == (9, LayerRecord(5, 4, overridden=True))
    assert decode_digest(struct.pack("<III", 1, 2, 3)) == Digest(1, 2, 3)
    assert decode_content(struct.pack("<I", 16) + b"data") == (16, b"data")


def test_records_are_read() -> None:
    payload = struct.pack("<QQI", 1 << 40, 7, 1) + struct.pack("<QQI", 5, 4, 0)
    assert decode_result(payload) == (
        LayerRecord(1 << 40, 7, overridden=True),
        LayerRecord(5, 4, overridden=False),
    )
