"""G1 to G4 and G6 on real servers.

G5 is in test_bus.py, G7 in test_revocation.py, G8 and G9 in test_slowness.py.
"""

import asyncio
import json
import random
import uuid

import pytest
from django.db import connection
from websockets.exceptions import WebSocketException

from lms.messaging.models import Message
from lms.streams.models import Entry, Stream
from lms.streams.services import append_many
from tenants.context import run_in_tenant
from tests.factories.accounts import access_token, create_user
from tests.factories.messaging import create_closed_circle, create_open_conversation
from tests.realtime.live import chat_path, connect, sockets
from tests.realtime.locks import TableLock
from tests.realtime.processes import start_server


def kept_messages(conversation_id):
    rows = Message.objects.filter(conversation=conversation_id).order_by("offset")
    return [(str(message.pk), message.offset, message.client_id) for message in rows]


# -- G1, G4: nothing acknowledged is lost, nothing is kept twice ----------------------------


class Resender:
    """Sends its messages one by one, each until it is acknowledged, wherever a server is."""

    def __init__(self, servers, path, token, count):
        self.servers = servers
        self.path = path
        self.token = token
        self.acknowledged = {}
        self.left = [str(uuid.uuid4()) for _ in range(count)]

    async def run(self):
        while self.left:
            try:
                await self._send_some(random.choice(self.servers))
            except (OSError, TimeoutError, AssertionError, WebSocketException):
                await asyncio.sleep(0.05)  # the node is gone or going: try another

    async def _send_some(self, server):
        socket = await connect(server, self.path, self.token)
        try:
            await socket.welcome()
            while self.left:
                client_id = self.left[0]
                answer = await socket.command(
                    "message.send", seconds=3, client_id=client_id, content=client_id
                )
                if answer["type"] == "reply":
                    self.acknowledged[client_id] = answer["payload"]
                    self.left.pop(0)
                else:
                    await asyncio.sleep(answer["error"].get("retry_after", 0.1))
        finally:
            await socket.close()


def test_g1_killing_a_node_loses_nothing_that_was_acknowledged(
    nodes, alpha_committed, django_db_blocker, folder
):
    """RT-01: kill -9 while people send; they resend what was not acknowledged elsewhere."""
    doomed = start_server(folder, messages_per_second=1000)
    try:
        people = [create_user(f"p{n}", email=f"p{n}@alpha.school") for n in range(8)]
        conversation = create_open_conversation()
        senders = [
            Resender([doomed, nodes[1]], chat_path(conversation.pk), access_token(person), 25)
            for person in people
        ]

        async def scenario():
            running = [asyncio.create_task(sender.run()) for sender in senders]
            for _ in range(2):
                await asyncio.sleep(random.uniform(0.2, 0.5))
                doomed.kill()
                await asyncio.to_thread(doomed.start)
            await asyncio.wait_for(asyncio.gather(*running), 40)

        asyncio.run(scenario())
    finally:
        doomed.stop()

    kept = kept_messages(conversation.pk)
    acknowledged = {
        client_id: ack for sender in senders for client_id, ack in sender.acknowledged.items()
    }
    assert len(acknowledged) == 200
    assert sorted(client_id for _, _, client_id in kept) == sorted(acknowledged)
    for message_id, offset, client_id in kept:
        assert acknowledged[client_id]["message_id"] == message_id
        assert acknowledged[client_id]["offset"] == offset
    assert [offset for _, offset, _ in kept] == list(range(1, 201))


def test_g1_commits_are_durable(circle):
    with connection.cursor() as cursor:
        cursor.execute("SHOW synchronous_commit")
        assert cursor.fetchone() == ("on",)


def test_g1_without_the_database_nothing_is_acknowledged(nodes, circle):
    """A lock that nobody gives back stands for a database that does not answer."""

    async def scenario():
        async with sockets() as open_:
            sam = await open_(nodes[0], chat_path(circle.id), circle.tokens["sam"])
            await sam.welcome()
            async with TableLock(circle.schema, "streams_stream", "EXCLUSIVE"):
                answer = await sam.command(
                    "message.send", seconds=14, client_id="c1", content="held"
                )
            assert answer["error"]["code"] == "unavailable"
            assert answer["error"]["retryable"] is True
            again = await sam.say("held", client_id="c1")
            assert again["duplicate"] is False

    asyncio.run(scenario())

    assert len(kept_messages(circle.id)) == 1


def test_g4_the_same_client_id_is_one_message_on_every_node(nodes, circle):
    """RT-29."""

    async def scenario():
        async with sockets() as open_:
            here = await open_(nodes[0], chat_path(circle.id), circle.tokens["sam"])
            there = await open_(nodes[1], chat_path(circle.id), circle.tokens["sam"])
            first = await here.say("once", client_id="c1")
            second = await there.say("once", client_id="c1")
            other = await there.command("message.send", client_id="c1", content="something else")
            at_once = await asyncio.gather(
                *(socket.say("both", client_id="c2") for socket in (here, there) for _ in range(5))
            )

            assert first["duplicate"] is False
            assert second == {**first, "duplicate": True}
            assert other["error"]["code"] == "idempotency_mismatch"
            assert len({answer["message_id"] for answer in at_once}) == 1
            assert sum(not answer["duplicate"] for answer in at_once) == 1

    asyncio.run(scenario())

    assert [client_id for _, _, client_id in kept_messages(circle.id)] == ["c1", "c2"]


def test_g4_a_client_id_belongs_to_its_sender_and_conversation(nodes, circle):
    """RT-30: the same client_id of another person, or elsewhere, is another message."""
    other = create_closed_circle(circle.sam)

    async def scenario():
        async with sockets() as open_:
            sam = await open_(nodes[0], chat_path(circle.id), circle.tokens["sam"])
            tara = await open_(nodes[1], chat_path(circle.id), circle.tokens["tara"])
            elsewhere = await open_(nodes[0], chat_path(other.pk), circle.tokens["sam"])
            answers = [await socket.say("x", client_id="c1") for socket in (sam, tara, elsewhere)]

            assert len({answer["message_id"] for answer in answers}) == 3
            assert not any(answer["duplicate"] for answer in answers)

    asyncio.run(scenario())


# -- G2, G3: one order, and each offset exactly once ----------------------------------------


def test_g2_all_readers_on_all_nodes_see_one_order_without_a_gap(nodes, alpha_committed):
    people = [create_user(f"p{n}", email=f"p{n}@alpha.school") for n in range(6)]
    conversation = create_open_conversation()
    path = chat_path(conversation.pk)

    async def scenario():
        async with sockets() as open_:
            opened = [
                await open_(nodes[n % 2], path, access_token_of)
                for n, access_token_of in enumerate(tokens)
            ]
            # All have joined before the first word is said.
            start = {(await socket.welcome())["offset"] for socket in opened}.pop()
            await asyncio.gather(*(socket.say(f"{n}") for n in range(20) for socket in opened))
            expected = list(range(start + 1, start + 121))
            for socket in opened:
                await socket.until(lambda socket=socket: start + 120 in socket.offsets())
            assert all(socket.offsets() == expected for socket in opened)
            assert len({json.dumps(socket.messages()) for socket in opened}) == 1

    tokens = [access_token(person) for person in people]
    asyncio.run(scenario())


def test_g3_coming_back_again_and_again_to_any_node_loses_and_repeats_nothing(nodes, circle):
    seen = []

    async def speak(sam):
        for number in range(60):
            await sam.say(str(number))
            await asyncio.sleep(0.11)  # the rate that one person may keep up

    async def follow(open_, stopped):
        """Now on one node, now on the other, by turns of a few frames."""
        position = None
        for turn in range(1000):
            socket = await open_(
                nodes[turn % 2], chat_path(circle.id, position), circle.tokens["tara"]
            )
            welcome = await socket.welcome()
            if position is None:
                position = {"epoch": welcome["epoch"], "offset": welcome["offset"]}
                stopped.set_result(welcome["offset"])
            assert welcome["offset"] == position["offset"]
            assert welcome["recovered"] is (turn > 0)
            await asyncio.sleep(random.uniform(0, 0.2))
            socket.connection.transport.abort()
            await socket.closed()
            seen.extend(socket.offsets())
            position["offset"] = seen[-1] if seen else position["offset"]
            if seen and seen[-1] >= stopped.result() + 60:
                return

    async def scenario():
        async with sockets() as open_:
            sam = await open_(nodes[0], chat_path(circle.id), circle.tokens["sam"])
            await sam.welcome()
            started = asyncio.get_running_loop().create_future()
            following = asyncio.create_task(follow(open_, started))
            await started
            await speak(sam)
            await asyncio.wait_for(following, 20)
            first = started.result() + 1
            assert seen == list(range(first, first + 60))

    asyncio.run(scenario())


@pytest.mark.parametrize(("entries", "recovered"), [(300, True), (301, False)])
def test_g3_a_gap_is_recovered_whole_or_not_at_all(nodes, circle, entries, recovered):
    from lms.streams.entries import new_entry

    stream = f"conversation:{circle.id}"

    async def scenario():
        async with sockets() as open_:
            tara = await open_(nodes[0], chat_path(circle.id), circle.tokens["tara"])
            position = await tara.welcome()
            await tara.close()
            await run_in_tenant(
                circle.schema,
                append_many,
                [new_entry(stream, "message.sent", {"n": n}) for n in range(entries)],
            )
            back = await open_(nodes[1], chat_path(circle.id, position), circle.tokens["tara"])
            welcome = await back.welcome()

            assert welcome["recovered"] is recovered
            if recovered:
                await back.until(lambda: len(back.offsets()) == entries)
                assert welcome["offset"] == position["offset"]
            else:
                assert welcome["offset"] == position["offset"] + entries
                await back.command("ping")
                assert back.offsets() == []

    asyncio.run(scenario())


def test_g3_after_a_change_of_epoch_everybody_is_told_to_start_anew(nodes, circle):
    """A restored database: offsets mean something else now."""

    def restore():
        stream = Stream.objects.get(name=f"conversation:{circle.id}")
        Entry.objects.filter(stream=stream).delete()
        Stream.objects.filter(pk=stream.pk).update(head=0, epoch=uuid.uuid4())
        return str(Stream.objects.get(pk=stream.pk).epoch)

    async def scenario():
        async with sockets() as open_:
            tara = await open_(nodes[0], chat_path(circle.id), circle.tokens["tara"])
            position = await tara.welcome()
            epoch = await run_in_tenant(circle.schema, restore)
            again = await tara.until(
                lambda: next((f for f in tara.frames[1:] if f["type"] == "welcome"), None), 12
            )
            assert (again["recovered"], again["epoch"], again["offset"]) == (False, epoch, 0)

            back = await open_(nodes[1], chat_path(circle.id, position), circle.tokens["tara"])
            assert (await back.welcome())["recovered"] is False

    asyncio.run(scenario())


# -- G6: tenants ----------------------------------------------------------------------------


def test_g6_no_socket_gets_a_byte_of_another_tenant(nodes, circle, beta_circle):
    """RT-37, with canaries: whatever beta's people say is nowhere in what alpha's receive."""
    canary = f"CNRY-beta-{uuid.uuid4()}"

    async def scenario():
        async with sockets() as open_:
            listening = [
                await open_(nodes[n % 2], path, circle.tokens["sam"])
                for n, path in enumerate(
                    (chat_path(circle.id), "/ws/lms/notifications/", chat_path(beta_circle.id))
                )
            ]
            bea = await open_(
                nodes[0], chat_path(beta_circle.id), beta_circle.token, host="beta.test"
            )
            await bea.say(canary)
            await bea.command("typing.start")
            await listening[0].say("done")
            await listening[0].push("message.sent", content="done")

            assert await listening[2].closed() == 4504
            received = "".join(text for socket in listening for text in socket.raw)
            assert canary not in received
            assert beta_circle.id not in received
            assert canary in "".join(bea.raw)

    asyncio.run(scenario())


def test_g6_a_token_opens_nothing_on_another_tenants_host(nodes, circle, beta_circle):
    async def scenario():
        async with sockets() as open_:
            for token, host, headers in (
                (beta_circle.token, "alpha.test", {}),
                (circle.tokens["sam"], "beta.test", {}),
                (beta_circle.token, "localhost", {"X-Tenant": "alpha"}),
            ):
                socket = await open_(
                    nodes[0], chat_path(circle.id), token, host=host, headers=headers
                )
                assert await socket.closed() == 4501
                assert [frame["type"] for frame in socket.frames] == ["error"]
            unknown = await open_(
                nodes[0], chat_path(circle.id), circle.tokens["sam"], host="nobody.test"
            )
            assert (await unknown.error())["code"] == "tenant_not_found"
            assert await unknown.closed() == 4504

    asyncio.run(scenario())


def test_g6_what_is_not_ones_own_is_refused_the_same_whether_it_exists_or_not(
    nodes, circle, beta_circle
):
    async def scenario():
        async with sockets() as open_:
            refusals = []
            for id_ in (circle.id, beta_circle.id, uuid.uuid4()):
                socket = await open_(nodes[0], chat_path(id_), circle.tokens["sven"])
                refusals.append((await socket.closed(), socket.raw))
            assert refusals[0] == refusals[1] == refusals[2]

    asyncio.run(scenario())
