"""G8 and G9: who is slow delays nobody else; and a node that stops finishes first."""

import asyncio
import json
import signal

import psutil

from lms.messaging.models import Message
from lms.streams.services import append_many
from tenants.context import run_in_tenant
from tests.factories.accounts import access_token, create_user
from tests.factories.messaging import create_open_conversation
from tests.realtime.live import chat_path, sockets
from tests.realtime.locks import TableLock
from tests.realtime.processes import start_server

# -- G8: slow readers -----------------------------------------------------------------------


def test_g8_a_reader_that_does_not_read_costs_little_and_is_cut_off(strict_node, alpha_committed):
    """RT-13: 20 of them get 6 MiB each; the node grows by far less, and others notice nothing."""
    sam, conversation = create_user("sam"), create_open_conversation()
    path, stream = chat_path(conversation.pk), f"conversation:{conversation.pk}"
    process = psutil.Process(strict_node.popen.pid)
    people = [create_user(f"z{n}", email=f"z{n}@alpha.school") for n in range(20)]
    tokens = [access_token(person) for person in people]
    big = "x" * 60_000

    def flood():
        from lms.streams.entries import new_entry

        append_many([new_entry(stream, "message.sent", {"big": big}) for _ in range(10)])

    async def scenario():
        async with sockets() as open_:
            reader = await open_(strict_node, path, access_token_of_sam)
            await reader.welcome()
            deaf = [await connect_deaf(strict_node, path, token) for token in tokens]
            before = process.memory_info().rss
            highest = 0
            for _ in range(10):
                await run_in_tenant(alpha_committed, flood)
                highest = max(highest, process.memory_info().rss)
                assert (await reader.command("ping", seconds=1))["type"] == "reply"
            await reader.until(lambda: 100 in reader.offsets())
            grown = (highest - before) / len(deaf)
            for writer in deaf:
                await ended(writer)
            assert grown < 2 * 1024 * 1024
            assert reader.offsets() == list(range(1, 101))

    access_token_of_sam = access_token(sam)
    asyncio.run(scenario())


async def connect_deaf(server, path, token):
    """A client that opens a socket and never reads again."""
    from tests.realtime.wire import handshake

    reader, writer = await asyncio.open_connection("127.0.0.1", server.port, limit=1024)
    writer.write(handshake(path, {"Host": "alpha.test", "Authorization": f"Bearer {token}"}))
    await reader.readuntil(b"\r\n\r\n")
    writer.transport.pause_reading()
    return reader, writer


async def ended(pair):
    """The server has dropped the connection: reading on finds its end, or a reset."""
    reader, writer = pair
    writer.transport.resume_reading()
    async with asyncio.timeout(10):
        try:
            while await reader.read(1 << 20):
                pass
        except ConnectionResetError:
            pass
    writer.transport.abort()


# -- G9: slow handlers ----------------------------------------------------------------------


def test_g9_a_slow_handler_delays_neither_pings_nor_sends_nor_pushes(nodes, circle):
    async def scenario():
        async with sockets() as open_:
            sam = await open_(nodes[0], chat_path(circle.id), circle.tokens["sam"])
            tara = await open_(nodes[0], chat_path(circle.id), circle.tokens["tara"])
            await tara.welcome()
            await sam.say("first")
            async with TableLock(circle.schema, "messaging_readmarker", "ACCESS EXCLUSIVE"):
                # More of them than the node has database threads.
                slow = [
                    asyncio.create_task(person.command("read.mark", offset=1))
                    for person in (sam, tara)
                    for _ in range(8)
                ]
                await asyncio.sleep(0.05)
                assert (await sam.command("ping", seconds=1))["type"] == "reply"
                await sam.connection.ping()
                await asyncio.wait_for(tara.say("meanwhile"), 1)
                await sam.push("message.sent", seconds=1, content="meanwhile")
                await asyncio.wait_for(sam.say("own"), 1)
                assert (await sam.command("typing.start", seconds=1))["type"] == "reply"
                newcomer = await open_(nodes[0], chat_path(circle.id), circle.tokens["sam"])
                assert (await newcomer.welcome())["type"] == "welcome"
                assert not any(command.done() for command in slow)
            assert {(await command)["type"] for command in slow} == {"reply"}

    asyncio.run(scenario())


def test_a_stopping_node_finishes_what_it_took_and_says_1012(nodes, alpha_committed, folder):
    """RT-40 for one node: every send is acknowledged or was never kept."""
    stopping = start_server(folder)
    sam, conversation = create_user("sam"), create_open_conversation()
    token = access_token(sam)

    async def scenario():
        async with sockets() as open_:
            socket = await open_(stopping, chat_path(conversation.pk), token)
            await socket.welcome()
            for number in range(20):
                frame = {
                    "id": number + 100,
                    "type": "message.send",
                    "payload": {"client_id": f"c{number}", "content": "x"},
                }
                await socket.raw_send(json.dumps(frame))
            stopping.send(signal.SIGTERM)
            assert await socket.closed() == 1012
            return {
                frame["id"] for frame in socket.frames if frame["type"] == "reply" and "id" in frame
            }

    acknowledged = asyncio.run(scenario())
    assert stopping.popen.wait(12) == 0
    kept = Message.objects.filter(conversation=conversation).count()
    assert kept == len(acknowledged)
