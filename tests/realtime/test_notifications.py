"""The read-only sockets: a course's news and one's own inbox."""

import asyncio

import pytest

from lms.messaging.services.audiences import remove_member
from lms.notifications.services import notify
from tenants.context import run_in_tenant
from tests.factories.accounts import access_token, create_user
from tests.factories.courses import create_announcement, create_course, enroll
from tests.realtime.live import sockets


@pytest.fixture
def school(alpha_committed):
    """Tara teaches, sam is enrolled, sven is not, ada administers."""
    tara, ada = create_user("tara", role="instructor"), create_user("ada", role="admin")
    sam, sven = create_user("sam"), create_user("sven")
    course = create_course(tara)
    enroll(sam, course)
    people = {"tara": tara, "ada": ada, "sam": sam, "sven": sven}
    tokens = {name: access_token(person) for name, person in people.items()}
    return alpha_committed, course, people, tokens


def test_the_people_of_a_course_hear_its_announcements_and_others_may_not_listen(nodes, school):
    schema, course, _, tokens = school
    path = f"/ws/lms/course/{course.pk}/notifications/"

    async def scenario():
        async with sockets() as open_:
            listening = [
                await open_(nodes[n % 2], path, tokens[name])
                for n, name in enumerate(("sam", "tara", "ada"))
            ]
            for socket in listening:
                assert (await socket.welcome())["topic"] == f"course:{course.pk}"
            stranger = await open_(nodes[0], path, tokens["sven"])
            await run_in_tenant(schema, create_announcement, course, "Exam", "Monday")
            for socket in listening:
                push = await socket.push("announcement.posted", title="Exam")
                assert push["offset"] > 0
            assert (await stranger.error())["code"] == "permission_denied"
            assert await stranger.closed() == 4503

    asyncio.run(scenario())


def test_g7_who_leaves_a_course_hears_no_more_and_the_rest_do(nodes, school):
    schema, course, people, tokens = school
    path = f"/ws/lms/course/{course.pk}/notifications/"

    async def scenario():
        async with sockets() as open_:
            sam = await open_(nodes[0], path, tokens["sam"])
            others = [await open_(nodes[0], path, tokens[name]) for name in ("tara", "ada")]
            await sam.welcome()
            for other in others:
                await other.welcome()
            await run_in_tenant(
                schema, remove_member, audience_id=course.audience_id, user_id=people["sam"].pk
            )
            assert await sam.closed(1) == 4512
            await run_in_tenant(schema, create_announcement, course, "Later", "x")
            for other in others:
                await other.push("announcement.posted", title="Later")
            assert not any("Later" in text for text in sam.raw)

    asyncio.run(scenario())


def test_g3_an_inbox_is_ones_own_and_resumes(nodes, school):
    schema, _, people, tokens = school
    path = "/ws/lms/notifications/"

    def tell(title):
        notify(user_ids=[people["sam"].pk], kind="note", title=title)

    async def scenario():
        async with sockets() as open_:
            sam = await open_(nodes[0], path, tokens["sam"])
            sven = await open_(nodes[1], path, tokens["sven"])
            position = await sam.welcome()
            await sven.welcome()
            await run_in_tenant(schema, tell, "one")
            await sam.push("notification.created", title="one")
            await sam.close()
            await run_in_tenant(schema, tell, "two")
            back = await open_(
                nodes[1],
                f"{path}?epoch={position['epoch']}&offset={sam.offsets()[-1]}",
                tokens["sam"],
            )
            assert (await back.welcome())["recovered"] is True
            await back.push("notification.created", title="two")
            assert back.offsets()[0] == sam.offsets()[-1] + 1
            assert [frame["type"] for frame in sven.frames] == ["welcome"]

    asyncio.run(scenario())


def test_nothing_can_be_written_to_them(nodes, school):
    _, course, _, tokens = school

    async def scenario():
        async with sockets() as open_:
            for path in ("/ws/lms/notifications/", f"/ws/lms/course/{course.pk}/notifications/"):
                socket = await open_(nodes[0], path, tokens["sam"])
                for kind, payload in (
                    ("message.send", {"client_id": "c", "content": "x"}),
                    ("typing.start", {}),
                    ("read.mark", {"offset": 1}),
                    ("history", {}),
                ):
                    answer = await socket.command(kind, **payload)
                    assert answer["error"]["code"] == "read_only_topic"

    asyncio.run(scenario())
