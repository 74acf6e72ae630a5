"""How connections end, live on and are given up: closing, keepalive and slow peers."""

import asyncio
import struct

import pytest

from realtime import connection as connection_module
from realtime.frames import BINARY, CLOSE, PING, PONG, TEXT
from tests.realtime.wire import Client, EchoApp, serving, talk, until

# -- closing ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "code", [1000, 1001, 1002, 1003, 1007, 1008, 1011, 1012, 1014, 3000, 3999, 4000, 4999]
)
def test_a_close_is_echoed_with_its_code(code):
    app = EchoApp(attach=True)

    async def script(client):
        client.send(CLOSE, struct.pack("!H", code) + b"bye")
        assert await client.read_close() == code

    talk(app, script)

    assert app.codes == [code]


def test_an_empty_close_is_echoed_empty(app):
    async def script(client):
        client.send(CLOSE, b"")
        assert await client.read_close() == 1005

    talk(app, script)

    assert app.codes == [1005]


def test_what_follows_a_close_is_not_read(app):
    async def script(client):
        client.send(CLOSE, struct.pack("!H", 1000))
        client.send(TEXT, b"too late")
        assert await client.read_close() == 1000

    talk(app, script)

    assert app.codes == [1000]


def test_a_connection_that_just_ends_is_1006(app):
    async def run():
        async with serving(app) as (port, _):
            client = await Client.open(port)
            client.drop()
            await until(lambda: app.codes)

    asyncio.run(run())

    assert app.codes == [1006]


def test_our_close_waits_for_the_peers_and_drops_its_messages(app):
    async def script(client):
        app.connections[0].close(4008, "too slow")
        client.send(TEXT, b"crossing")
        assert await client.read() == (CLOSE, struct.pack("!H", 4008) + b"too slow")
        client.send(CLOSE, struct.pack("!H", 4008))
        await client.read_end()

    talk(app, script)

    assert app.codes == [4008]


def test_a_peer_that_never_answers_our_close_is_aborted(app, monkeypatch):
    monkeypatch.setattr(connection_module, "CLOSE_SECONDS", 0.2)

    async def script(client):
        app.connections[0].close(4008)
        assert (await client.read())[0] == CLOSE
        await client.read_abort()

    talk(app, script, ws_ping_interval=0.4, ws_ping_timeout=0.4)


def test_a_server_that_stops_says_1012(app):
    async def run():
        async with serving(app) as (port, state):
            client = await Client.open(port)
            for connection in list(state.connections):
                connection.shutdown()
            opcode, payload = await client.read()
            assert (opcode, payload[:2]) == (CLOSE, struct.pack("!H", 1012))
            client.send(CLOSE, payload[:2])
            await client.read_end()

    asyncio.run(run())

    assert app.codes == [1012]


def test_attaching_to_a_socket_that_is_gone_says_so_at_once():
    app, codes = EchoApp(), []

    class Late:
        def received(self, message):
            codes.append(message)

        def disconnected(self, code):
            codes.append(code)

    async def script(client):
        client.send(CLOSE, struct.pack("!H", 4001))
        await client.read_close()
        app.connections[0].attach(Late())

    talk(app, script)

    assert codes == [4001]


# -- keepalive and slow peers -------------------------------------------------------------


def test_a_quiet_socket_is_pinged_and_lives_as_long_as_it_answers(app):
    async def script(client):
        for _ in range(3):
            opcode, payload = await client.read()
            assert (opcode, len(payload)) == (PING, 4)
            client.send(PONG, payload)
        client.send(TEXT, b"alive")
        assert await client.read() == (TEXT, b"alive")

    talk(app, script, ws_ping_interval=0.2, ws_ping_timeout=0.1)


@pytest.mark.parametrize("answer", [None, b"none", b"wrong"])
def test_a_socket_without_the_right_pong_is_aborted(app, answer):
    async def script(client):
        assert (await client.read())[0] == PING
        if answer is not None:
            client.send(PONG, answer)
        await client.read_abort()

    talk(app, script, ws_ping_interval=0.4, ws_ping_timeout=0.2)

    assert app.codes == [1006]


def test_a_reader_that_does_not_read_is_aborted_with_what_it_was_sent_unsent():
    """RT-13's half of the server: uvicorn's own class holds such a socket for ever."""
    app = EchoApp(attach=True)

    async def run():
        async with serving(app, ws_ping_interval=0.4, ws_ping_timeout=0.2) as (port, state):
            client = await Client.open(port)
            client.writer.transport.pause_reading()
            await asyncio.sleep(0)
            connection = app.connections[0]
            connection.write(b"\x82\x7f" + (3 << 20).to_bytes(8, "big") + bytes(3 << 20))
            assert connection.is_congested
            assert connection.buffered > 1 << 20
            await until(lambda: not state.connections)

    asyncio.run(run())

    assert app.codes == [1006]


def test_a_plain_asgi_send_waits_for_a_slow_reader_and_goes_on():
    finished = []

    async def pushing(scope, receive, send):
        await receive()
        await send({"type": "websocket.accept"})
        for _ in range(40):
            await send({"type": "websocket.send", "bytes": bytes(60_000)})
        finished.append(True)

    async def run():
        async with serving(pushing, ws_ping_interval=None) as (port, _):
            client = await Client.open(port)
            client.writer.transport.pause_reading()
            await asyncio.sleep(0.1)
            assert finished == []
            client.writer.transport.resume_reading()
            for _ in range(40):
                assert await client.read() == (BINARY, bytes(60_000))
            assert finished == [True]

    asyncio.run(run())


def test_an_application_that_does_not_receive_stops_the_reading_and_keeps_the_messages():
    release = asyncio.Event()
    received = []

    async def lazy(scope, receive, send):
        await receive()
        await send({"type": "websocket.accept"})
        await release.wait()
        while (message := await receive())["type"] == "websocket.receive":
            received.append(message["text"])

    async def run():
        async with serving(lazy, ws_ping_interval=0.2, ws_ping_timeout=0.1) as (port, state):
            client = await Client.open(port)
            for number in range(100):
                client.send(TEXT, b"%d" % number)
                await asyncio.sleep(0)
            await asyncio.sleep(0.5)
            assert len(state.connections) == 1
            release.set()
            await until(lambda: len(received) == 100)

    asyncio.run(run())

    assert received == [str(number) for number in range(100)]


def test_nothing_is_left_behind_by_sockets_that_ended():
    app = EchoApp(attach=True)

    async def run():
        async with serving(app) as (port, state):
            for _ in range(20):
                client = await Client.open(port)
                client.drop()
            await until(lambda: not state.connections and not state.tasks)
            assert len(app.codes) == 20

    asyncio.run(run())
