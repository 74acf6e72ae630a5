"""What a client that errs, floods or attacks gets, and that nobody else notices."""

import asyncio
import json

import pytest

from lms.messaging.models import Message
from lms.messaging.services.conversations import change_posting, close_conversation
from tests.factories.accounts import access_token, create_user
from tests.factories.messaging import create_open_conversation
from tests.realtime.live import chat_path, sockets
from tests.realtime.processes import wait_until

BAD_FRAMES = [
    ("not JSON", "hello", "bad_json"),
    ("NaN", '{"type": "ping", "payload": {"x": NaN}}', "bad_json"),
    ("a key twice", '{"type": "ping", "type": "ping"}', "bad_json"),
    ("depth 10,000", "[" * 10_000 + "]" * 10_000, "bad_json"),
    ("a number of 60,000 digits", '{"id": ' + "9" * 60_000 + "}", "bad_json"),
    ("half a surrogate pair", '{"type": "ping", "payload": {"c": "\\ud800"}}', "bad_json"),
    ("NUL", '{"type": "ping", "payload": {"c": "\\u0000"}}', "bad_json"),
    ("binary", b"{}", "binary_frame"),
    ("an unknown type", '{"type": "ai.stop"}', "unknown_type"),
    ("an unknown field", '{"type": "ping", "payload": {"x": 1}}', "invalid_field"),
    ("a missing field", '{"type": "message.send", "payload": {"content": "x"}}', "invalid_field"),
    (
        "a field of the wrong type",
        '{"type": "read.mark", "payload": {"offset": "1"}}',
        "invalid_field",
    ),
    (
        "a true where a number is",
        '{"type": "read.mark", "payload": {"offset": true}}',
        "invalid_field",
    ),
    ("no uuid", '{"type": "message.delete", "payload": {"message_id": "7"}}', "invalid_field"),
]


@pytest.mark.parametrize(("_case", "frame", "code"), BAD_FRAMES, ids=[b[0] for b in BAD_FRAMES])
def test_a_bad_frame_is_answered_and_the_socket_kept(nodes, circle, _case, frame, code):
    """RT-19, RT-20."""

    async def scenario():
        async with sockets() as open_:
            sam = await open_(nodes[0], chat_path(circle.id), circle.tokens["sam"])
            await sam.welcome()
            await sam.raw_send(frame)
            assert (await sam.error())["code"] == code
            assert (await sam.command("ping"))["type"] == "reply"

    asyncio.run(scenario())


def test_the_fifth_bad_frame_closes_the_socket(nodes, circle):
    async def scenario():
        async with sockets() as open_:
            sam = await open_(nodes[0], chat_path(circle.id), circle.tokens["sam"])
            await sam.welcome()
            for _ in range(5):
                await sam.raw_send("x")
            assert await sam.closed() == 4520
            codes = [f["error"]["code"] for f in sam.frames if f["type"] == "error"]
            assert codes == ["bad_json"] * 5 + ["protocol_error"]

    asyncio.run(scenario())


@pytest.mark.parametrize(
    ("_case", "payload", "code"),
    [
        ("nothing to say", {"content": " "}, "empty_message"),
        ("10,001 characters", {"content": "x" * 10_001}, "content_too_long"),
        ("no client_id", {"content": "x", "client_id": ""}, "invalid"),
        ("a reply to nothing", {"content": "x", "reply_to": "0" * 32}, "reply_not_found"),
        (
            "a script as attachment",
            {"content": "x", "attachments": [{"url": "javascript:1", "name": "a"}]},
            "invalid",
        ),
    ],
)
def test_a_message_that_breaks_a_rule_is_refused_alone(nodes, circle, _case, payload, code):
    async def scenario():
        async with sockets() as open_:
            sam = await open_(nodes[0], chat_path(circle.id), circle.tokens["sam"])
            refused, kept = await asyncio.gather(
                sam.command("message.send", **{"client_id": "c1", **payload}), sam.say("fine")
            )
            assert refused["error"]["code"] == code
            assert kept["offset"] > 0

    asyncio.run(scenario())


def test_where_only_moderators_post_and_where_nobody_does(nodes, circle):
    def restrict():
        change_posting(conversation_id=circle.conversation.pk, posting="moderators")

    async def scenario():
        from tenants.context import run_in_tenant

        async with sockets() as open_:
            sam = await open_(nodes[0], chat_path(circle.id), circle.tokens["sam"])
            tara = await open_(nodes[0], chat_path(circle.id), circle.tokens["tara"])
            await run_in_tenant(circle.schema, restrict)
            refused, allowed = await asyncio.gather(
                tara.command("message.send", client_id="c1", content="x"), sam.say("x")
            )
            assert refused["error"]["code"] == "posting_not_allowed"
            assert allowed["duplicate"] is False
            await run_in_tenant(
                circle.schema, close_conversation, conversation_id=circle.conversation.pk
            )
            await tara.push("topic.closed")
            closed = await sam.command("message.send", client_id="c2", content="x")
            assert closed["error"]["code"] == "conversation_closed"

    asyncio.run(scenario())


def test_a_flood_is_answered_then_cut_off_and_nobody_else_waits(nodes, circle):
    """RT-22."""

    async def scenario():
        async with sockets() as open_:
            sam = await open_(nodes[0], chat_path(circle.id), circle.tokens["sam"])
            tara = await open_(nodes[0], chat_path(circle.id), circle.tokens["tara"])
            await tara.welcome()
            for number in range(400):
                payload = {"client_id": f"c{number}", "content": "x"}
                frame = {"id": number + 100, "type": "message.send", "payload": payload}
                await sam.raw_send(json.dumps(frame))
            assert (await tara.say("calm"))["duplicate"] is False
            assert await sam.closed() == 4029
            refused = [f["error"] for f in sam.frames if f["type"] == "error" and "id" in f]
            assert 200 <= len(refused) < 300
            assert {error["code"] for error in refused} == {"rate_limited"}
            assert all(error["retry_after"] > 0 for error in refused)
            assert (await sam.error())["retry_after"] > 0

    asyncio.run(scenario())

    # What was taken before the end is kept, although nobody was left to be told.
    kept = Message.objects.filter(sender=circle.sam)
    wait_until(lambda: kept.count() >= 30, 5)
    assert kept.count() <= 40


def test_the_rate_belongs_to_person_and_conversation_not_to_the_socket(nodes, circle):
    async def scenario():
        async with sockets() as open_:
            opened = [
                await open_(nodes[0], chat_path(circle.id), circle.tokens["sam"]) for _ in range(2)
            ]
            answers = await asyncio.gather(
                *(
                    socket.command("message.send", client_id=f"{n}-{m}", content="x")
                    for n, socket in enumerate(opened)
                    for m in range(20)
                )
            )
            kept = [answer for answer in answers if answer["type"] == "reply"]
            assert 30 <= len(kept) < 40

    asyncio.run(scenario())


def test_a_person_has_a_limited_number_of_sockets(strict_node, circle):
    """RT-23 for one person; others are let in."""

    async def scenario():
        async with sockets() as open_:
            for _ in range(3):
                socket = await open_(strict_node, chat_path(circle.id), circle.tokens["sam"])
                await socket.welcome()
            fourth = await open_(strict_node, chat_path(circle.id), circle.tokens["sam"])
            assert await fourth.closed() == 4029
            assert (await fourth.error())["retry_after"] == 30
            other = await open_(strict_node, chat_path(circle.id), circle.tokens["tara"])
            await other.welcome()
            await socket.close()
            await other.command("ping")
            again = await open_(strict_node, chat_path(circle.id), circle.tokens["sam"])
            await again.welcome()

    asyncio.run(scenario())


def test_a_frame_that_is_too_big_is_1009_and_others_do_not_notice(nodes, circle):
    """RT-15."""

    async def scenario():
        async with sockets() as open_:
            sam = await open_(nodes[0], chat_path(circle.id), circle.tokens["sam"])
            tara = await open_(nodes[0], chat_path(circle.id), circle.tokens["tara"])
            await tara.welcome()
            await sam.raw_send("x" * (64 * 1024 + 1))
            assert await sam.closed() == 1009
            await tara.say("still here")

    asyncio.run(scenario())


def test_two_tabs_of_one_person_both_work_and_count_once(nodes, circle):
    """RT-31."""

    async def scenario():
        async with sockets() as open_:
            tabs = [await open_(node, chat_path(circle.id), circle.tokens["sam"]) for node in nodes]
            for tab in tabs:
                await tab.welcome()
            await tabs[0].say("from one tab")
            for tab in tabs:
                await tab.push("message.sent", content="from one tab")
            present = (await tabs[1].command("presence"))["payload"]
            assert [user["id"] for user in present["users"]] == [str(circle.sam.pk)]

    asyncio.run(scenario())


def test_presence_tells_of_joins_and_of_leaves_once_across_nodes(nodes, alpha_committed):
    sam, tara = create_user("sam"), create_user("tara")
    conversation = create_open_conversation()
    path, tokens = chat_path(conversation.pk), [access_token(sam), access_token(tara)]

    async def scenario():
        async with sockets() as open_:
            watcher = await open_(nodes[0], path, tokens[0])
            await watcher.push("presence.joined")
            guest = await open_(nodes[1], path, tokens[1])
            await guest.welcome()
            joined = await watcher.until(lambda: joins_of(watcher, tara), 5)
            assert joined[0]["payload"]["members_online"] == 2
            await guest.close()
            left = await watcher.until(
                lambda: next((f for f in watcher.frames if f["type"] == "presence.left"), None), 9
            )
            assert left["payload"] == {"users": [{"id": str(tara.pk)}], "members_online": 1}
            assert len(joins_of(watcher, tara)) == 1

    asyncio.run(scenario())


def joins_of(socket, person):
    return [
        frame
        for frame in socket.frames
        if frame["type"] == "presence.joined"
        and str(person.pk) in {user["id"] for user in frame["payload"]["users"]}
    ]
