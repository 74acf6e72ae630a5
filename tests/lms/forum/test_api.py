"""Forums and posts over HTTP: who sees, who may, what is refused."""

import uuid

import pytest

from lms.forum.models import Forum
from lms.messaging.events import ConversationAccessNarrowed
from lms.messaging.models import Member, Message
from tenants.context import in_tenant
from tests.factories.accounts import create_user
from tests.factories.forum import create_forum
from tests.factories.groups import create_group
from tests.factories.messaging import send
from tests.lms.messaging.looking import queries

SHOWN = {
    "id", "title", "description", "group_ids", "is_active", "open_to_tenant", "posting",
    "conversation", "created_by", "my_role", "unread_count", "created_at", "updated_at",
}  # fmt: skip


@pytest.fixture
def forum(tara):
    """Tara's, open to the school."""
    return create_forum(tara)


@pytest.fixture
def group(tara, sam):
    return create_group(tara, sam)


def test_a_forum_without_groups_is_for_everybody(tara, sven, call):
    body = {"title": "General Discussion", "description": "For all users", "is_active": True}

    answer = call(tara).post("forums/", body)

    forum = answer.json()
    assert answer.status_code == 201
    assert set(forum) == SHOWN
    assert (forum["group_ids"], forum["open_to_tenant"], forum["my_role"]) == ([], True, "owner")
    seen = call(sven).get(f"forums/{forum['id']}/").json()
    assert {**seen, "my_role": "owner"} == forum


def test_a_forum_of_a_group_is_for_its_members(group, tara, sam, sven, ada, call):
    forum = call(tara).post("forums/", {"title": "x", "group_ids": [str(group.pk)]}).json()

    assert (forum["group_ids"], forum["open_to_tenant"]) == ([str(group.pk)], False)
    path = f"forums/{forum['id']}/"
    assert [call(who).get(path).status_code for who in (sam, sven, ada)] == [200, 404, 200]
    assert call(sven).get("forums/").json()["count"] == 0


@pytest.mark.parametrize("odd", ["group-123", str(uuid.uuid4()), 1, None, {}])
def test_a_group_nobody_knows_is_a_field_error_and_no_forum(odd, tara, call):
    answer = call(tara).post("forums/", {"title": "x", "group_ids": [odd]})

    assert answer.status_code == 400
    assert "group_ids" in answer.json()
    assert not Forum.objects.exists()


def test_a_group_one_is_not_in_is_a_group_nobody_knows(group, call):
    other = create_user("tom", role="instructor")

    answer = call(other).post("forums/", {"title": "x", "group_ids": [str(group.pk)]})

    assert "group_ids" in answer.json()
    assert not Forum.objects.exists()


def test_students_create_no_forums(sam, call):
    answer = call(sam).post("forums/", {"title": "x"})

    assert (answer.status_code, answer.json()["code"]) == (403, "forum_creation_not_allowed")
    assert not Forum.objects.exists()


def test_a_title_is_needed(tara, call):
    answer = call(tara).post("forums/", {"description": "x"})

    assert answer.json()["title"] == ["This field is required."]
    assert answer.json()["status"] == 400


def test_a_forum_may_begin_closed_and_be_opened(tara, sam, call):
    forum = call(tara).post("forums/", {"title": "x", "is_active": False}).json()
    body = {"forum": forum["id"], "content": "hi"}

    assert forum["is_active"] is False
    assert call(sam).post("posts/", body).json()["code"] == "conversation_closed"
    assert call(tara).patch(f"forums/{forum['id']}/", {"is_active": True}).status_code == 200
    assert call(sam).post("posts/", body).status_code == 201


def test_the_owner_changes_everything_and_closes(forum, group, tara, sven, heard, call,
                                                 django_capture_on_commit_callbacks):  # fmt: skip
    facts, path = heard(ConversationAccessNarrowed), f"forums/{forum.pk}/"
    changes = {
        "title": "New", "description": "d", "posting": "Moderators", "group_ids": [str(group.pk)],
    }  # fmt: skip

    with django_capture_on_commit_callbacks(execute=True):
        changed = call(tara).patch(path, changes).json()

    assert {key: changed[key] for key in ("title", "description", "posting", "open_to_tenant")} == {
        "title": "New", "description": "d", "posting": "moderators", "open_to_tenant": False,
    }  # fmt: skip
    assert facts == [ConversationAccessNarrowed(conversation_id=str(forum.pk))]
    assert call(sven).get(path).status_code == 404
    assert call(tara).delete(path).status_code == 204
    assert call(tara).get(path).json()["is_active"] is False
    assert call(tara).get("forums/", is_active="true").json()["count"] == 0
    assert call(tara).get("forums/", is_active="false").json()["count"] == 1


def test_sharing_with_more_narrows_nothing(
    forum, group, tara, heard, call, django_capture_on_commit_callbacks
):
    facts, body = heard(ConversationAccessNarrowed), {"group_ids": [str(group.pk)]}

    with django_capture_on_commit_callbacks(execute=True):
        changed = call(tara).patch(f"forums/{forum.pk}/", {**body, "open_to_tenant": True}).json()

    assert (changed["group_ids"], changed["open_to_tenant"]) == ([str(group.pk)], True)
    assert facts == []


def test_a_moderator_keeps_groups_they_do_not_know(group, tara, sven, call):
    forum = create_forum(tara, group_ids=[group.pk])
    call(tara).post(f"forums/{forum.pk}/moderators/", {"user_id": str(sven.pk)})

    kept = call(sven).patch(f"forums/{forum.pk}/", {"group_ids": [str(group.pk)]})

    assert kept.json()["group_ids"] == [str(group.pk)]


def test_the_owner_names_moderators_who_then_moderate(group, tara, sam, sven, call):
    forum = create_forum(tara, group_ids=[group.pk])
    post = send(forum.conversation, sam)
    path = f"forums/{forum.pk}/moderators/"
    owner = call(tara)

    first = owner.post(path, {"user_id": str(sven.pk)})
    again = owner.post(path, {"user_id": str(sven.pk)})

    assert (first.status_code, first.json()) == (201, again.json())
    assert [found["role"] for found in owner.get(path).json()["results"]] == ["owner", "moderator"]
    assert call(sven).delete(f"posts/{post.message_id}/").status_code == 204
    assert call(sven).post(path, {"user_id": str(sam.pk)}).status_code == 403
    assert owner.delete(f"{path}{sven.pk}/").status_code == 204
    assert call(sven).get(f"forums/{forum.pk}/").status_code == 404
    assert owner.delete(f"{path}{sven.pk}/").json()["code"] == "member_not_found"
    assert owner.delete(f"{path}{tara.pk}/").json()["code"] == "owner_stays"
    assert owner.post(path, {"user_id": "user-123"}).json()["code"] == "recipient_not_found"


def test_posts_are_written_and_read(forum, sam, call):
    caller = call(sam)

    answer = caller.post("posts/", {"forum": str(forum.pk), "content": "Welcome!"})

    post = answer.json()
    assert answer.status_code == 201
    assert (post["forum"], post["user"], post["user_id"]) == (
        str(forum.pk), str(sam.pk), str(sam.pk),
    )  # fmt: skip
    assert caller.get("posts/", forum=str(forum.pk)).json() == {
        "next": None, "previous": None, "results": [post],
    }  # fmt: skip
    assert caller.get(f"posts/{post['id']}/").json() == post
    message = caller.get(f"messages/{post['id']}/").json()
    assert {key: post[key] for key in message} == message
    assert caller.patch(f"posts/{post['id']}/", {"content": "Hi!"}).json()["content"] == "Hi!"
    assert caller.delete(f"posts/{post['id']}/").status_code == 204


def test_a_post_sent_twice_with_a_key_or_a_client_id_is_one(forum, sam, call):
    body, caller = {"forum": str(forum.pk), "content": "once"}, call(sam)

    keyed = [caller.post("posts/", body, **{"Idempotency-Key": "k"}) for _ in range(2)]
    named = [caller.post("posts/", {**body, "client_id": "c"}) for _ in range(2)]

    assert [answer.status_code for answer in keyed + named] == [201, 201, 201, 200]
    assert Message.objects.count() == 2


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"forum": 1, "content": "x"}, 404),
        ({"forum": "general", "content": "x"}, 400),
        ({"forum": str(uuid.uuid4()), "content": "x"}, 404),
        ({"content": "x"}, 400),
        ({}, 400),
        ({"forum": None, "content": "x"}, 400),
        ({"forum": [], "content": "x"}, 400),
    ],
)
def test_a_post_to_no_forum_is_refused(body, status, sam, call):
    answer = call(sam).post("posts/", body)

    assert answer.status_code == status
    assert status == 404 or "forum" in answer.json()


def test_a_group_message_is_no_post(group, sam, call):
    sent = send(group.conversation, sam)

    assert call(sam).get(f"posts/{sent.message_id}/").status_code == 404
    assert call(sam).patch(f"posts/{sent.message_id}/", {"content": "x"}).status_code == 404
    assert call(sam).get("posts/", forum=str(group.pk)).status_code == 404


def test_forums_are_searched_and_found_by_group(group, tara, sam, call):
    create_forum(tara, "Chess")
    create_forum(tara, "Go", description="a board game", group_ids=[group.pk])

    titles = [
        [forum["title"] for forum in call(sam).get("forums/", **query).json()["results"]]
        for query in ({"search": "CHE"}, {"search": "board"}, {"group": str(group.pk)}, {})
    ]

    assert titles == [["Chess"], ["Go"], ["Go"], ["Go", "Chess"]]


def test_unread_posts_are_counted_until_read(forum, tara, sam, call):
    sent = [send(forum.conversation, tara) for _ in range(3)]
    caller = call(sam)

    assert caller.get("forums/").json()["results"][0]["unread_count"] == 3
    caller.post(f"conversations/{forum.pk}/read/", {"offset": sent[-2].offset})
    assert caller.get("forums/").json()["results"][0]["unread_count"] == 1
    assert call(tara).get("forums/").json()["results"][0]["unread_count"] == 0


def test_the_list_takes_the_same_number_of_queries_however_long(tara, sam, group, call):
    caller = call(sam)
    first = create_forum(tara, group_ids=[group.pk])
    for _ in range(2):
        send(first.conversation, tara)
        with queries(5):  # who asks, count, page, the groups, what is unread
            caller.get("forums/")
        with queries(6):  # who asks, the forum and its groups, the history's three
            caller.get("posts/", forum=str(first.pk))
        for number in range(4):
            forum = create_forum(tara, str(number), group_ids=[group.pk])
            send(forum.conversation, tara)


ROUTES = [
    # method, path, body, stranger, reader, owner
    ("get", "forums/{forum}/", None, 404, 200, 200),
    ("patch", "forums/{forum}/", {"title": "x"}, 404, 403, 200),
    ("delete", "forums/{forum}/", None, 404, 403, 204),
    ("get", "forums/{forum}/moderators/", None, 404, 200, 200),
    ("post", "forums/{forum}/moderators/", {"user_id": "{person}"}, 404, 403, 201),
    ("delete", "forums/{forum}/moderators/{moderator}/", None, 404, 403, 204),
    ("get", "posts/?forum={forum}", None, 404, 200, 200),
    ("post", "posts/", {"forum": "{forum}", "content": "x"}, 404, 201, 201),
    ("get", "posts/{post}/", None, 404, 200, 200),
    ("patch", "posts/{post}/", {"content": "x"}, 404, 403, 403),
    ("delete", "posts/{post}/", None, 404, 403, 204),
]


@pytest.mark.parametrize(("method", "path", "body", "stranger", "reader", "owner"), ROUTES)
def test_who_may(method, path, body, stranger, reader, owner, group, tara, sam, sven, call, beta):
    forum = create_forum(tara, group_ids=[group.pk])
    person, moderator = create_user("p"), create_user("m")
    Member.objects.create(
        audience_id=forum.conversation.audience_id, user=moderator, role="moderator"
    )
    post = send(forum.conversation, moderator)
    ids = {
        "forum": str(forum.pk), "person": str(person.pk), "moderator": str(moderator.pk),
        "post": str(post.message_id),
    }  # fmt: skip
    path = path.format(**ids)
    body = {key: value.format(**ids) for key, value in (body or {}).items()}
    with in_tenant(beta):
        foreigner = create_user("sam", email="sam@beta.school", role="admin")
        of_beta, lost = call(foreigner, "beta.test"), call(foreigner, "alpha.test")

    def status(caller):
        send_it = getattr(caller, method)
        return (send_it(path, body) if method in ("post", "patch") else send_it(path)).status_code

    assert status(call(None)) == 401
    assert status(lost) == 401
    assert status(of_beta) == 404
    assert status(call(sven)) == stranger
    assert status(call(sam)) == reader
    assert status(call(tara)) == owner
