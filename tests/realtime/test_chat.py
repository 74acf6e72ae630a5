"""The simple sockets from end to end, on every server that we support."""

import asyncio
import json
import uuid

import pytest

from lms.messaging.models import Message
from tenants.context import run_in_tenant
from tests.factories.accounts import access_token, create_user
from tests.factories.forum import create_forum
from tests.factories.groups import create_group
from tests.realtime.live import chat_path, sockets

both_servers = pytest.mark.parametrize("server", ["uvicorn", "daphne"], indirect=True)


@both_servers
def test_two_people_chat_and_both_see_the_same(server, circle):
    async def scenario():
        async with sockets() as open_:
            sam = await open_(server, chat_path(circle.id), circle.tokens["sam"])
            tara = await open_(server, chat_path(circle.id), circle.tokens["tara"])
            welcome = await sam.welcome()
            await tara.welcome()

            first = await sam.say("hi tara")
            second = await tara.say("hi sam ü😀")
            await sam.push("message.sent", content="hi sam ü😀")
            await tara.push("message.sent", content="hi sam ü😀")

            assert welcome["topic"] == f"conversation:{circle.id}"
            assert welcome["recovered"] is False
            assert welcome["user"]["id"] == str(circle.sam.pk)
            assert welcome["heartbeat"] == 25
            assert second["offset"] == first["offset"] + 1
            assert sam.messages() == tara.messages()
            assert [frame["offset"] for frame in sam.messages()] == [
                first["offset"],
                second["offset"],
            ]
            pushed = sam.messages()[0]["payload"]
            assert pushed["id"] == first["message_id"]
            assert pushed["author"] == {
                "id": str(circle.sam.pk),
                "name": "Sam Tester",
                "avatar": "",
            }

    asyncio.run(scenario())


@both_servers
def test_what_was_missed_comes_after_the_welcome_in_order(server, circle):
    async def scenario():
        async with sockets() as open_:
            sam = await open_(server, chat_path(circle.id), circle.tokens["sam"])
            tara = await open_(server, chat_path(circle.id), circle.tokens["tara"])
            position = await tara.welcome()
            await tara.close()
            for number in range(5):
                await sam.say(f"m{number}")

            back = await open_(server, chat_path(circle.id, position), circle.tokens["tara"])
            welcome = await back.welcome()
            await sam.say("live")
            await back.push("message.sent", content="live")

            assert (welcome["recovered"], welcome["offset"]) == (True, position["offset"])
            assert back.offsets() == list(range(position["offset"] + 1, position["offset"] + 7))

    asyncio.run(scenario())


@both_servers
def test_a_refused_socket_is_told_why_before_it_is_closed(server, circle):
    async def scenario():
        async with sockets() as open_:
            anonymous = await open_(server, chat_path(circle.id))
            stranger = await open_(server, chat_path(circle.id), circle.tokens["sven"])

            assert (await anonymous.error())["code"] == "not_authenticated"
            assert await anonymous.closed() == 4501
            assert (await stranger.error())["code"] == "not_found"
            assert await stranger.closed() == 4504

    asyncio.run(scenario())


@both_servers
def test_commands_are_answered_and_pushed(server, circle):
    async def scenario():
        async with sockets() as open_:
            sam = await open_(server, chat_path(circle.id), circle.tokens["sam"])
            tara = await open_(server, chat_path(circle.id), circle.tokens["tara"])
            await tara.welcome()
            sent = await sam.say("frist")
            message_id = sent["message_id"]

            edited = await sam.command("message.edit", message_id=message_id, content="first")
            added = await tara.command("reaction.add", message_id=message_id, emoji="👍")
            removed = await tara.command("reaction.remove", message_id=message_id, emoji="👍")
            again = await tara.command("reaction.remove", message_id=message_id, emoji="👍")
            read = await tara.command("read.mark", offset=sent["offset"])
            deleted = await sam.command("message.delete", message_id=message_id)
            gone = await sam.command("message.edit", message_id=message_id, content="x")

            assert edited["payload"]["offset"] == sent["offset"] + 1
            assert added["payload"] == {"changed": True, "offset": sent["offset"] + 2}
            assert removed["payload"] == {"changed": True, "offset": sent["offset"] + 3}
            assert again["payload"] == {"changed": False, "offset": None}
            assert read["payload"] == {"offset": sent["offset"]}
            assert gone["error"]["code"] == "message_deleted"
            await tara.push("message.edited", id=message_id, content="first")
            await sam.push("reaction.added", message_id=message_id, emoji="👍", count=1)
            await sam.push("reaction.removed", message_id=message_id)
            await sam.push("read.marked", user_id=str(circle.tara.pk))
            await tara.push("message.deleted", id=message_id)
            last = deleted["payload"]["offset"]
            await tara.until(lambda: last in tara.offsets())
            assert tara.offsets() == list(range(sent["offset"], last + 1))

    asyncio.run(scenario())


@both_servers
def test_typing_and_presence_reach_the_others_and_no_log(server, circle):
    async def scenario():
        async with sockets() as open_:
            sam = await open_(server, chat_path(circle.id), circle.tokens["sam"])
            tara = await open_(server, chat_path(circle.id), circle.tokens["tara"])
            await tara.welcome()

            assert (await sam.command("typing.start"))["payload"] == {}
            assert (await sam.command("typing.stop"))["payload"] == {}
            started = await tara.push("typing.started")
            await tara.push("typing.stopped")
            present = (await tara.command("presence"))["payload"]

            assert "offset" not in started
            assert started["payload"]["user"]["id"] == str(circle.sam.pk)
            assert {user["id"] for user in present["users"]} == {
                str(circle.sam.pk),
                str(circle.tara.pk),
            }
            assert present["members_online"] == 2

    asyncio.run(scenario())


def test_history_is_read_in_pages_on_the_socket(nodes, circle):
    async def scenario():
        async with sockets() as open_:
            sam = await open_(nodes[0], chat_path(circle.id), circle.tokens["sam"])
            for number in range(5):
                await sam.say(f"m{number}")

            first = (await sam.command("history", limit=3))["payload"]
            second = (await sam.command("history", limit=3, before=first["before"]))["payload"]

            assert [m["content"] for m in first["messages"]] == ["m4", "m3", "m2"]
            assert [m["content"] for m in second["messages"]] == ["m1", "m0"]
            assert second["before"] is None

    asyncio.run(scenario())


def test_a_push_and_the_history_show_a_message_the_same(nodes, circle):
    async def scenario():
        async with sockets() as open_:
            sam = await open_(nodes[0], chat_path(circle.id), circle.tokens["sam"])
            first = await sam.say("hello")
            await sam.say(
                "look",
                reply_to=first["message_id"],
                attachments=[{"url": "/media/a.png", "name": "a.png"}],
            )
            pushed = await sam.push("message.sent", content="look")
            listed = (await sam.command("history"))["payload"]["messages"]

            assert listed[0] == pushed["payload"]

    asyncio.run(scenario())


def test_forums_groups_and_the_inbox_have_their_sockets(nodes, alpha_committed):
    tara, sam = create_user("tara", role="instructor"), create_user("sam")
    forum, group = create_forum(tara), create_group(tara, sam)
    token = access_token(sam)

    async def scenario():
        async with sockets() as open_:
            for path, topic in (
                (f"/ws/lms/forum/{forum.pk}/", f"conversation:{forum.conversation_id}"),
                (f"/ws/lms/forum/{forum.pk}", f"conversation:{forum.conversation_id}"),
                (f"/ws/lms/group/{group.pk}/chat/", f"conversation:{group.conversation_id}"),
                ("/ws/lms/notifications/", f"user:{sam.pk}"),
            ):
                socket = await open_(nodes[0], path, token)
                assert (await socket.welcome())["topic"] == topic
                answer = await socket.command("message.send", client_id="1" + path, content="x")
                expected = "error" if topic.startswith("user:") else "reply"
                assert answer["type"] == expected

    asyncio.run(scenario())


@pytest.mark.parametrize(
    "path", ["/ws/", "/ws/lms/forum/7/", "/ws/lms/conversation/x/", "/", "/ws/lms/ai_chat/1/"]
)
def test_a_url_that_leads_nowhere_is_4504(nodes, circle, path):
    async def scenario():
        async with sockets() as open_:
            socket = await open_(nodes[0], path, circle.tokens["sam"])
            assert (await socket.error())["code"] == "not_found"
            assert await socket.closed() == 4504

    asyncio.run(scenario())


def test_a_socket_may_be_opened_by_subprotocol_and_by_ticket_once(nodes, circle):
    from lms.accounts.models import TokenFamily
    from lms.accounts.services.tickets import issue_ticket

    family = TokenFamily.objects.get(user=circle.sam)

    async def scenario():
        ticket = await run_in_tenant(circle.schema, issue_ticket, user=circle.sam, family=family)
        async with sockets() as open_:
            offered = ["stoa.v1", f"bearer.{circle.tokens['sam']}"]
            by_protocol = await open_(nodes[0], chat_path(circle.id), subprotocols=offered)
            by_ticket = await open_(nodes[0], f"{chat_path(circle.id)}?ticket={ticket}")
            assert (await by_protocol.welcome())["user"]["id"] == str(circle.sam.pk)
            assert by_protocol.connection.subprotocol == "stoa.v1"
            assert (await by_ticket.welcome())["user"]["id"] == str(circle.sam.pk)

            second = await open_(nodes[1], f"{chat_path(circle.id)}?ticket={ticket}")
            assert await second.closed() == 4501

    asyncio.run(scenario())


def test_what_is_said_over_rest_appears_on_the_socket(nodes, circle):
    """The service that REST calls, in a process that serves no sockets."""
    from tests.factories.messaging import send

    async def scenario():
        async with sockets() as open_:
            tara = await open_(nodes[1], chat_path(circle.id), circle.tokens["tara"])
            await tara.welcome()
            await run_in_tenant(circle.schema, send, circle.conversation, circle.sam, "by rest")
            await tara.push("message.sent", seconds=1.0, content="by rest")

    asyncio.run(scenario())


def test_what_is_said_on_the_socket_is_in_the_database_when_it_is_acknowledged(nodes, circle):
    def kept(message_id):
        message = Message.objects.get(pk=message_id)
        return message.content, message.offset, message.sender_id

    async def scenario():
        async with sockets() as open_:
            sam = await open_(nodes[0], chat_path(circle.id), circle.tokens["sam"])
            acknowledged = await sam.say("kept")
            found = await run_in_tenant(circle.schema, kept, uuid.UUID(acknowledged["message_id"]))
            assert found == ("kept", acknowledged["offset"], circle.sam.pk)

    asyncio.run(scenario())


def test_sends_of_one_socket_stay_in_order(nodes, circle):
    async def scenario():
        async with sockets() as open_:
            sam = await open_(nodes[0], chat_path(circle.id), circle.tokens["sam"])
            for number in range(25):
                frame = {
                    "id": f"n{number}",
                    "type": "message.send",
                    "payload": {"client_id": f"c{number}", "content": str(number)},
                }
                await sam.raw_send(json.dumps(frame))
            answers = [await sam.answer(f"n{number}") for number in range(25)]
            offsets = [answer["payload"]["offset"] for answer in answers]

            assert offsets == list(range(offsets[0], offsets[0] + 25))

    asyncio.run(scenario())


def test_a_forums_id_opens_no_group_and_a_groups_no_forum(nodes, alpha_committed):
    tara = create_user("tara", role="instructor")
    forum, group, token = create_forum(tara), create_group(tara), access_token(tara)

    async def scenario():
        async with sockets() as open_:
            for path in (f"/ws/lms/forum/{group.pk}/", f"/ws/lms/group/{forum.pk}/chat/"):
                socket = await open_(nodes[0], path, token)
                assert await socket.closed() == 4504

    asyncio.run(scenario())
