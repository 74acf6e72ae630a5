"""The WebSocket server over real sockets, rule by rule of RFC 6455."""

import asyncio
import base64
import hashlib
import os
import struct

import pytest

from realtime import connection as connection_module
from realtime.frames import BINARY, CLOSE, PING, PONG, TEXT
from tests.realtime.wire import Client, EchoApp, handshake, masked_frame, serving, talk

DATA = [TEXT, BINARY]


# -- handshake ----------------------------------------------------------------------------


def answer_to(app, request: bytes) -> bytes:
    async def run():
        async with serving(app) as (port, _):
            client = await Client.connect(port)
            client.writer.write(request)
            return await client.read_response()

    return asyncio.run(run())


def test_the_accept_key_is_computed_from_the_clients_key(app):
    response = answer_to(app, handshake(headers={"Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ=="}))

    assert b"sec-websocket-accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n" in response
    assert b"sec-websocket-extensions" not in response.lower()


def test_compression_is_offered_and_not_taken(app):
    offer = {"Sec-WebSocket-Extensions": "permessage-deflate; client_max_window_bits"}

    response = answer_to(app, handshake(headers=offer))

    assert response.startswith(b"HTTP/1.1 101 ")
    assert b"deflate" not in response


def test_the_application_chooses_one_of_the_offered_subprotocols(app):
    response = answer_to(app, handshake(headers={"Sec-WebSocket-Protocol": "stoa.v1, bearer.abc"}))

    assert b"sec-websocket-protocol: stoa.v1\r\n" in response
    assert app.scopes[0]["subprotocols"] == ["stoa.v1", "bearer.abc"]


def test_the_scope_holds_the_request(app):
    answer_to(app, handshake("/ws/f%C3%BC/?ticket=1&x=%20", {"Origin": "http://evil.test"}))

    scope = app.scopes[0]
    assert (scope["path"], scope["query_string"]) == ("/ws/fü/", b"ticket=1&x=%20")
    assert (b"origin", b"http://evil.test") in scope["headers"]
    assert scope["client"][0] == "127.0.0.1"


@pytest.mark.parametrize(
    ("_case", "headers", "status"),
    [
        ("an old version", {"Sec-WebSocket-Version": "8"}, b"426"),
        ("no version", {"Sec-WebSocket-Version": ""}, b"426"),
        ("no key", {"Sec-WebSocket-Key": ""}, b"400"),
        ("a key of 15 bytes", {"Sec-WebSocket-Key": base64.b64encode(b"x" * 15).decode()}, b"400"),
        ("a key that is not base64", {"Sec-WebSocket-Key": "!" * 24}, b"400"),
    ],
)
def test_a_faulty_handshake_is_refused_over_http(_case, headers, status):
    app = EchoApp()

    response = answer_to(app, handshake(headers=headers))

    assert response.startswith(b"HTTP/1.1 " + status)
    assert app.scopes == []
    if status == b"426":
        assert b"sec-websocket-version: 13" in response


def test_a_post_cannot_become_a_socket():
    request = handshake().replace(b"GET ", b"POST ", 1)

    assert answer_to(EchoApp(), request).startswith(b"HTTP/1.1 400")


def test_a_handshake_that_is_never_finished_is_dropped(monkeypatch):
    monkeypatch.setattr("realtime.server.HANDSHAKE_SECONDS", 0.2)

    async def run():
        async with serving(EchoApp()) as (port, _):
            client = await Client.connect(port)
            client.writer.write(b"GET / HTTP/1.1\r\nHost: x\r\n")
            await client.read_abort()

    asyncio.run(run())


def test_an_application_that_never_answers_a_handshake_is_not_waited_for(monkeypatch):
    monkeypatch.setattr(connection_module, "HANDSHAKE_SECONDS", 0.2)
    events = []

    async def silent(scope, receive, send):
        while not events or events[-1]["type"] != "websocket.disconnect":
            events.append(await receive())

    async def run():
        async with serving(silent, ws_ping_interval=0.2) as (port, _):
            client = await Client.connect(port)
            client.writer.write(handshake())
            await client.read_abort()

    asyncio.run(run())
    assert [event["type"] for event in events] == ["websocket.connect", "websocket.disconnect"]


def test_an_application_may_refuse_with_a_response_of_its_own():
    async def refusing(scope, receive, send):
        await receive()
        headers = [(b"retry-after", b"2")]
        await send({"type": "websocket.http.response.start", "status": 429, "headers": headers})
        await send({"type": "websocket.http.response.body", "body": b"later"})

    response = answer_to(refusing, handshake())

    assert response.startswith(b"HTTP/1.1 429 ")
    assert b"retry-after: 2" in response


def test_an_application_that_closes_before_accepting_answers_403():
    async def closing(scope, receive, send):
        await receive()
        await send({"type": "websocket.close"})

    assert answer_to(closing, handshake()).startswith(b"HTTP/1.1 403 ")


def test_an_application_that_fails_before_accepting_answers_500(caplog):
    async def failing(scope, receive, send):
        raise LookupError("boom")

    assert answer_to(failing, handshake()).startswith(b"HTTP/1.1 500 ")
    assert "websocket_application_failed" in caplog.text


# -- messages -----------------------------------------------------------------------------


@pytest.mark.parametrize("opcode", DATA)
@pytest.mark.parametrize("length", [0, 1, 125, 126, 127, 128, 65535, 65536])
def test_a_message_of_any_length_comes_back(app, opcode, length):
    payload = b"a" * length if opcode == TEXT else os.urandom(length)

    async def script(client):
        client.send(opcode, payload)
        assert await client.read() == (opcode, payload)

    talk(app, script)


def test_a_message_in_single_bytes_comes_back(app):
    async def script(client):
        for byte in masked_frame(TEXT, "añ€😀".encode()):
            client.writer.write(bytes((byte,)))
            await client.writer.drain()
            await asyncio.sleep(0)
        assert await client.read() == (TEXT, "añ€😀".encode())

    talk(app, script)


def test_many_messages_in_one_segment_come_back_in_order(app):
    async def script(client):
        client.writer.write(b"".join(masked_frame(TEXT, b"%d" % i) for i in range(200)))
        assert [(await client.read())[1] for _ in range(200)] == [b"%d" % i for i in range(200)]

    talk(app, script)


@pytest.mark.parametrize("opcode", DATA)
def test_fragments_make_one_message_with_control_frames_answered_between(app, opcode):
    async def script(client):
        client.send(opcode, b"one", fin=False)
        client.send(PING, b"between")
        client.send(0, b"", fin=False)
        client.send(PONG, b"unasked")
        client.send(0, b"two")
        assert await client.read() == (PONG, b"between")
        assert await client.read() == (opcode, b"onetwo")

    talk(app, script)


def test_a_character_may_be_cut_by_fragments(app):
    async def script(client):
        client.send(TEXT, "€".encode()[:1], fin=False)
        client.send(0, "€".encode()[1:2], fin=False)
        client.send(0, "€".encode()[2:])
        assert await client.read() == (TEXT, "€".encode())

    talk(app, script)


@pytest.mark.parametrize("size", [0, 125])
def test_a_ping_is_answered_with_its_payload(app, size):
    async def script(client):
        client.send(PING, b"p" * size)
        assert await client.read() == (PONG, b"p" * size)

    talk(app, script)


def test_what_a_hasty_client_sends_with_its_handshake_is_read_after_the_accept(app):
    async def run():
        async with serving(app) as (port, _):
            client = await Client.connect(port)
            client.writer.write(handshake())
            client.writer.write(masked_frame(TEXT, b"hasty"))
            await client.read_response()
            # uvicorn's HTTP parser keeps what came in the same segment as the head, so
            # only what came after it can be promised; either way the socket lives.
            client.send(TEXT, b"later")
            received = await client.read()
            if received == (TEXT, b"hasty"):
                received = await client.read()
            assert received == (TEXT, b"later")

    asyncio.run(run())


# -- what is refused ----------------------------------------------------------------------

VIOLATIONS = [
    ("an unmasked frame", [masked_frame(TEXT, b"x", mask=False)], 1002),
    ("reserved bit 1", [masked_frame(TEXT, b"x", reserved=0x40)], 1002),
    ("reserved bit 2", [masked_frame(TEXT, b"x", reserved=0x20)], 1002),
    ("reserved bit 3", [masked_frame(PING, b"x", reserved=0x10)], 1002),
    *[
        (f"opcode {op}", [masked_frame(op, b"")], 1002)
        for op in (3, 4, 5, 6, 7, 11, 12, 13, 14, 15)
    ],
    ("a continuation of nothing", [masked_frame(0, b"x")], 1002),
    ("an open continuation of nothing", [masked_frame(0, b"x", fin=False)], 1002),
    (
        "a new message inside another",
        [masked_frame(TEXT, b"x", fin=False), masked_frame(TEXT, b"y")],
        1002,
    ),
    ("a fragmented ping", [masked_frame(PING, b"x", fin=False)], 1002),
    ("a fragmented close", [masked_frame(CLOSE, b"", fin=False)], 1002),
    ("a ping of 126 bytes", [masked_frame(PING, b"x" * 126)], 1002),
    ("16 bits for a short length", [masked_frame(TEXT, b"x" * 125, length_form=16)], 1002),
    ("64 bits for a short length", [masked_frame(TEXT, b"x" * 300, length_form=64)], 1002),
    ("a length of 2^63", [masked_frame(TEXT, b"", claim=1 << 63)], 1002),
    ("a length of 2^63 - 1", [masked_frame(TEXT, b"", claim=(1 << 63) - 1)], 1009),
    ("one byte too many", [masked_frame(BINARY, b"", claim=65537)], 1009),
    (
        "one byte too many in fragments",
        [masked_frame(TEXT, b"x" * 65530, fin=False), masked_frame(0, b"x" * 7)],
        1009,
    ),
    (
        "too many fragments",
        [masked_frame(TEXT, b"", fin=False), *[masked_frame(0, b"", fin=False)] * 64],
        1008,
    ),
    ("text that is not UTF-8", [masked_frame(TEXT, b"\xff")], 1007),
    ("a surrogate in text", [masked_frame(TEXT, b"\xed\xa0\x80")], 1007),
    ("a character cut off by the end", [masked_frame(TEXT, "€".encode()[:2])], 1007),
    ("an overlong form", [masked_frame(TEXT, b"\xc0\xaf")], 1007),
    (
        "bad UTF-8 in a fragment, before the message ends",
        [masked_frame(TEXT, b"\xce\xba", fin=False), masked_frame(0, b"\xf4\x90", fin=False)],
        1007,
    ),
    (
        "a character cut off by the last fragment",
        [masked_frame(TEXT, b"a", fin=False), masked_frame(0, b"\xe2\x82")],
        1007,
    ),
    ("a close of one byte", [masked_frame(CLOSE, b"\x03")], 1002),
    ("a close reason that is not UTF-8", [masked_frame(CLOSE, b"\x03\xe8\xff")], 1007),
    *[
        (f"close code {code}", [masked_frame(CLOSE, struct.pack("!H", code))], 1002)
        for code in (0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65535)
    ],
]


@pytest.mark.parametrize(("_case", "frames", "code"), VIOLATIONS, ids=[v[0] for v in VIOLATIONS])
def test_a_violation_closes_with_its_code(_case, frames, code):
    app = EchoApp(attach=True)

    async def script(client):
        client.writer.write(b"".join(frames))
        assert await client.read_close() == code

    talk(app, script)

    assert app.codes == [code]


def test_a_violation_ends_a_plain_asgi_application_too():
    app = EchoApp()

    async def script(client):
        client.send(TEXT, b"fine")
        assert await client.read() == (TEXT, b"fine")
        client.send(TEXT, b"x", mask=False)
        assert await client.read_close() == 1002

    talk(app, script)

    assert app.codes == [1002]


def test_a_giant_claim_allocates_nothing():
    """RT-15, RT-16: the header alone is refused, and other sockets do not notice."""
    app = EchoApp(attach=True)

    async def run():
        async with serving(app) as (port, _):
            other = await Client.open(port)
            for claim in (65537, (1 << 20) + 1, 1 << 40, (1 << 63) - 1, 1 << 63):
                client = await Client.open(port)
                client.send(BINARY, b"", claim=claim)
                assert await client.read_close() in (1009, 1002)
            other.send(TEXT, b"still here")
            assert await other.read() == (TEXT, b"still here")

    asyncio.run(run())


def test_a_message_that_is_not_finished_in_time_ends_the_socket(monkeypatch):
    monkeypatch.setattr(connection_module, "MESSAGE_SECONDS", 0.2)
    app = EchoApp(attach=True)

    async def script(client):
        client.send(TEXT, b"begun", fin=False)
        assert await client.read_close() == 1008

    talk(app, script, ws_ping_interval=0.4, ws_ping_timeout=0.4)

    assert app.codes == [1008]


def test_pings_do_not_prolong_an_unfinished_message(monkeypatch):
    monkeypatch.setattr(connection_module, "MESSAGE_SECONDS", 0.3)

    async def read_until_close(client):
        while (frame := await client.read())[0] != CLOSE:
            assert frame[0] in (PING, PONG)
        return int.from_bytes(frame[1][:2], "big")

    async def script(client):
        client.send(TEXT, b"begun", fin=False)
        reading = asyncio.create_task(read_until_close(client))
        while not reading.done():
            client.send(PING, b"")
            await asyncio.sleep(0.02)
        assert reading.result() == 1008

    talk(EchoApp(attach=True), script, ws_ping_interval=0.4, ws_ping_timeout=0.4)


def test_the_key_of_the_standards_example_is_what_it_says():
    digest = hashlib.sha1(
        b"dGhlIHNhbXBsZSBub25jZQ==258EAFA5-E914-47DA-95CA-C5AB0DC85B11", usedforsecurity=False
    ).digest()

    assert base64.b64encode(digest) == b"s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
