"""The codec alone: whatever the cuts, what goes in comes out."""

import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime.frames import (
    BINARY,
    CLOSE,
    PING,
    PONG,
    TEXT,
    FrameError,
    FrameReader,
    encode_close,
    encode_frame,
    mask_payload,
    parse_close,
)
from tests.realtime.wire import masked_frame

texts = st.text(max_size=300)
messages = st.one_of(
    st.tuples(st.just(TEXT), texts),
    st.tuples(st.just(BINARY), st.binary(max_size=300)),
    st.tuples(st.just(BINARY), st.sampled_from([125, 126, 127, 65535, 65536]).map(os.urandom)),
)
controls = st.tuples(st.sampled_from([PING, PONG]), st.binary(max_size=125))


def cut(data: bytes, places: list[int]) -> list[bytes]:
    edges = [0, *sorted(place % (len(data) + 1) for place in places), len(data)]
    return [data[start:end] for start, end in zip(edges, edges[1:], strict=False)]


def raw(payload: str | bytes) -> bytes:
    return payload.encode() if isinstance(payload, str) else payload


@given(st.data())
def test_any_messages_in_any_fragments_and_any_segments_arrive_whole_and_in_order(data):
    expected: list[tuple[int, str | bytes]] = []
    stream = b""
    for opcode, payload in data.draw(st.lists(messages, max_size=4)):
        pieces = cut(raw(payload), data.draw(st.lists(st.integers(0, 10**6), max_size=4)))
        for index, piece in enumerate(pieces):
            if data.draw(st.booleans()):
                control = data.draw(controls)
                expected.append(control)
                stream += masked_frame(control[0], control[1])
            stream += masked_frame(0 if index else opcode, piece, fin=index == len(pieces) - 1)
        expected.append((opcode, payload))
    reader = FrameReader(70_000, 8)

    events = []
    for segment in cut(stream, data.draw(st.lists(st.integers(0, 10**6), max_size=9))):
        events += reader.feed(segment)

    assert events == expected
    assert reader.is_midway is False


@given(st.binary(max_size=400), st.lists(st.integers(0, 400), max_size=6))
def test_arbitrary_bytes_raise_nothing_but_a_frame_error(data, places):
    reader = FrameReader(1000, 4)

    for segment in cut(data, places):
        try:
            opcodes = [opcode for opcode, _ in reader.feed(segment)]
        except FrameError:
            break
        assert set(opcodes) <= {TEXT, BINARY, CLOSE, PING, PONG}
        if CLOSE in opcodes:
            break


@given(st.binary(max_size=200), st.binary(min_size=4, max_size=4))
def test_masking_twice_is_the_identity(payload, key):
    assert mask_payload(mask_payload(payload, key), key) == payload


@given(st.integers(1000, 4999), texts)
def test_a_close_frame_of_ours_is_valid_however_long_its_reason(code, reason):
    frame = encode_close(code, reason)

    assert frame[:1] == b"\x88"
    assert frame[1] == len(frame) - 2 <= 125
    assert reason.startswith(frame[4:].decode())


def test_a_close_payload_is_read_back():
    assert parse_close(encode_close(4008, "zu langsam ü")[2:]) == (4008, "zu langsam ü")
    assert parse_close(b"") == (1005, "")


@pytest.mark.parametrize("length", [0, 125, 126, 65535, 65536])
def test_every_length_form_of_ours_is_the_shortest(length):
    frame = encode_frame(BINARY, bytes(length))

    assert len(frame) - length == (2 if length < 126 else 4 if length < 65536 else 10)


def test_a_message_of_one_byte_segments_costs_linear_time_and_is_whole():
    stream = masked_frame(TEXT, b"x" * 60_000)
    reader = FrameReader(65_536, 4)

    events = [event for byte in stream for event in reader.feed(bytes((byte,)))]

    assert events == [(TEXT, "x" * 60_000)]
