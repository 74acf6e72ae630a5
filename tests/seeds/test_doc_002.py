"""Doc 002, walked in its order over HTTP and WebSocket, against the real server.

The document speaks to bare `localhost` and numbers things 1, 2, 3; ids here are UUIDs, so each
request takes the id that the one before it answered. Where the document's own literal id can
name nothing ("group-123"), the literal request is made too and is refused by name.
"""

import asyncio
import contextlib
import http.client
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
import websockets

from lms.groups.models import Group
from tenants.context import run_in_tenant
from tests.factories.accounts import access_token, create_user
from tests.factories.courses import create_announcement, create_course, enroll
from tests.factories.forum import create_forum
from tests.factories.groups import create_group
from tests.realtime.processes import Process, start_server


@pytest.fixture(scope="module")
def server(schemas, django_db_blocker, tmp_path_factory) -> Iterator[Process]:
    with django_db_blocker.unblock():
        process = start_server(tmp_path_factory.mktemp("doc_002"))
    yield process
    process.stop()


@dataclass(frozen=True)
class Answer:
    status: int
    body: Any
    headers: Any


@dataclass(frozen=True)
class School:
    """Tara teaches; sam and sue have the external ids that the document uses."""

    server: Process
    schema: str
    people: dict[str, Any]
    tokens: dict[str, str]

    def ask(self, method: str, path: str, body: Any = None, *, who: str | None = "tara") -> Answer:
        """A request as the document writes it: bare localhost, a Bearer token, JSON."""
        headers = {"Content-Type": "application/json"}
        if who is not None:
            headers["Authorization"] = f"Bearer {self.tokens[who]}"
        connection = http.client.HTTPConnection("localhost", self.server.port, timeout=20)
        with contextlib.closing(connection):
            connection.request(method, path, None if body is None else json.dumps(body), headers)
            answer = connection.getresponse()
            text = answer.read()
            return Answer(answer.status, json.loads(text) if text else None, answer.headers)

    def connect(self, path: str, who: str) -> websockets.connect:
        return websockets.connect(
            f"ws://localhost:{self.server.port}{path}",
            additional_headers={"Authorization": f"Bearer {self.tokens[who]}"},
            proxy=None,
        )


@pytest.fixture
def school(alpha_committed, server) -> School:
    people = {
        "tara": create_user("tara", role="instructor"),
        "sam": create_user("sam", external_id="user-123"),
        "sue": create_user("sue", external_id="user-456"),
        "sven": create_user("sven"),
    }
    tokens = {name: access_token(person) for name, person in people.items()}
    return School(server, alpha_committed, people, tokens)


def test_forum_management_group_management_and_messaging_as_the_document_calls_them(school):
    literal = {
        "title": "General Discussion",
        "description": "General discussion forum for all users",
        "group_ids": ["group-123"],
        "is_active": True,
    }
    refused = school.ask("POST", "/api/lms/forum/forums/", literal)
    assert (refused.status, refused.body["status"]) == (400, 400)
    assert "group_ids" in refused.body

    group = school.ask(
        "POST",
        "/api/lms/groups/groups/",
        {
            "name": "Python Developers",
            "description": "Group for Python programming enthusiasts",
            "is_active": True,
        },
    )
    assert group.status == 201
    assert group.body["name"] == "Python Developers"

    forum = school.ask(
        "POST", "/api/lms/forum/forums/", {**literal, "group_ids": [group.body["id"]]}
    )
    assert forum.status == 201
    shown = {**literal, "group_ids": [group.body["id"]]}
    assert {key: forum.body[key] for key in shown} == shown

    post = school.ask(
        "POST",
        "/api/lms/forum/posts/",
        {"forum": forum.body["id"], "content": "Welcome to the general discussion forum!"},
    )
    assert post.status == 201
    assert post.body["content"] == "Welcome to the general discussion forum!"
    listed = school.ask("GET", f"/api/lms/forum/posts/?forum={forum.body['id']}")
    assert listed.body["results"] == [post.body]

    member = school.ask(
        "POST",
        "/api/lms/groups/members/",
        {"group": group.body["id"], "user_id": "user-123", "role": "member"},
    )
    assert (member.status, member.body["role"]) == (201, "member")
    assert school.ask("GET", f"/api/lms/forum/forums/{forum.body['id']}/", who="sam").status == 200
    removed = school.ask("DELETE", f"/api/lms/groups/members/{member.body['id']}/")
    assert removed.status == 204
    assert school.ask("GET", f"/api/lms/forum/forums/{forum.body['id']}/", who="sam").status == 404

    message = school.ask(
        "POST",
        "/api/lms/messaging/messages/",
        {"recipient_id": "user-456", "content": "Hello! How are you?", "message_type": "direct"},
    )
    assert message.status == 201
    conversations = school.ask("GET", "/api/lms/messaging/conversations/", who="sue")
    assert conversations.body["results"][0]["last_message"] == message.body
    history = school.ask(
        "GET",
        f"/api/lms/messaging/messages/?conversation={message.body['conversation']}",
        who="sue",
    )
    assert history.body["results"] == [message.body]


def test_the_same_resources_answer_at_every_mount_with_and_without_slash(school):
    paths = [
        f"{mount}{resource}{slash}"
        for resource in ("forum/forums", "groups/groups", "messaging/conversations")
        for mount in ("/api/lms/", "/api/v1/", "/api/")
        for slash in ("", "/")
    ]
    rooted = [
        path if path.startswith("/api/lms/") else path.replace("/forum/", "/").replace(
            "/groups/groups", "/groups").replace("/messaging/", "/")
        for path in paths
    ]  # fmt: skip

    assert {path: school.ask("GET", path).status for path in rooted} == dict.fromkeys(rooted, 200)


def test_errors_have_the_documents_shapes(school):
    forum = create_forum(school.people["tara"])
    path = "/api/lms/forum/forums/"

    nobody = school.ask("GET", path, who=None)
    invalid = school.ask("POST", path, {"description": "x"})
    missing = school.ask("GET", f"{path}1/")
    denied = school.ask("DELETE", f"{path}{forum.pk}/", who="sam")

    assert nobody.headers["WWW-Authenticate"].startswith("Bearer")
    assert {key: nobody.body[key] for key in ("detail", "status")} == {
        "detail": "Authentication credentials were not provided.",
        "status": 401,
    }
    assert (invalid.body["title"], invalid.body["status"]) == (["This field is required."], 400)
    assert {key: missing.body[key] for key in ("detail", "status")} == {
        "detail": "Not found.",
        "status": 404,
    }
    assert {key: denied.body[key] for key in ("detail", "status")} == {
        "detail": "You do not have permission to perform this action.",
        "status": 403,
    }
    for answer in (nobody, invalid, missing, denied):
        assert answer.status == answer.body["status"]
        assert answer.body["request_id"] == answer.headers["X-Request-ID"]


def test_forum_live_chat_carries_posts_and_rest_shows_what_the_socket_sent(school):
    forum = create_forum(school.people["tara"])

    async def scenario() -> tuple[Any, Any, Any]:
        path = f"/ws/lms/forum/{forum.pk}/"
        async with school.connect(path, "sam") as sam, school.connect(path, "tara") as tara:
            await _frame(sam, "welcome")
            await _frame(tara, "welcome")
            body = {"forum": str(forum.pk), "content": "from REST"}
            posted = await asyncio.to_thread(school.ask, "POST", "/api/lms/forum/posts/", body)
            pushed = await _frame(sam, "message.sent")
            assert pushed["payload"].items() <= posted.body.items()
            payload = {"client_id": "one", "content": "from the socket"}
            command = {"id": 1, "type": "message.send", "payload": payload}
            await sam.send(json.dumps(command))
            await _frame(tara, "message.sent")
            return await _frame(sam, "reply"), await _frame(tara, "message.sent"), posted.body

    reply, pushed, posted = asyncio.run(scenario())

    listed = school.ask("GET", f"/api/lms/forum/posts/?forum={forum.pk}").body["results"]
    assert [post["content"] for post in listed] == ["from the socket", "from REST"]
    assert listed[1] == posted
    assert reply["payload"]["message_id"] == listed[0]["id"]
    assert pushed["payload"].items() <= listed[0].items()


def test_group_chat_is_for_members_and_ends_with_membership(school):
    group: Group = create_group(school.people["tara"], school.people["sam"])
    path = f"/ws/lms/group/{group.pk}/chat/"
    members = school.ask("GET", f"/api/lms/groups/members/?group={group.pk}").body["results"]
    membership = next(m["id"] for m in members if m["user"] == str(school.people["sam"].pk))

    async def scenario() -> tuple[int | None, int | None]:
        async with school.connect(path, "sven") as stranger, school.connect(path, "sam") as sam:
            await _frame(sam, "welcome")
            body = {"recipient_id": str(group.pk), "content": "hi", "message_type": "group"}
            await asyncio.to_thread(school.ask, "POST", "/api/lms/messaging/messages/", body)
            assert (await _frame(sam, "message.sent"))["payload"]["content"] == "hi"
            await asyncio.to_thread(school.ask, "DELETE", f"/api/lms/groups/members/{membership}/")
            async with asyncio.timeout(10):
                await stranger.wait_closed()
                await sam.wait_closed()
            return stranger.close_code, sam.close_code

    assert asyncio.run(scenario()) == (4504, 4512)


def test_course_notifications_reach_the_enrolled(school):
    course = create_course(school.people["tara"])
    enroll(school.people["sam"], course)

    async def scenario() -> Any:
        path = f"/ws/lms/course/{course.pk}/notifications/"
        async with school.connect(path, "sam") as socket:
            await _frame(socket, "welcome")
            await run_in_tenant(school.schema, create_announcement, course, "Exam", "Monday")
            async with asyncio.timeout(10):
                while True:
                    frame = json.loads(await socket.recv())
                    if frame.get("offset"):
                        return frame

    frame = asyncio.run(scenario())

    assert frame["topic"] == f"course:{course.pk}"
    assert "Exam" in json.dumps(frame["payload"])


def test_service_health_has_the_documents_keys(school):
    answer = school.ask("GET", "/health/lms/", who=None)

    assert answer.status == 200
    assert {key: answer.body[key] for key in ("status", "service", "version", "database")} == {
        "status": "healthy",
        "service": "lms",
        "version": "1.0.0",
        "database": "connected",
    }
    assert answer.body["timestamp"].endswith("Z")


async def _frame(socket: Any, kind: str) -> Any:
    """The next frame of the kind; others are passed over."""
    async with asyncio.timeout(10):
        while True:
            frame = json.loads(await socket.recv())
            if frame["type"] == kind:
                return frame
