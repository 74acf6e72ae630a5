"""Messages and conversations over HTTP: shapes, pages, refusals, what a client may rely on."""

import uuid

import pytest

from lms.messaging.models import Conversation, Message
from lms.messaging.serializers import ConversationSerializer
from lms.messaging.services.conversations import close_conversation
from lms.messaging.services.sending import send_messages
from lms.messaging.shapes import MessageSerializer
from tests.factories.accounts import create_user
from tests.factories.groups import create_group
from tests.factories.messaging import (
    create_closed_circle,
    create_open_conversation,
    outgoing,
    send,
)


@pytest.fixture
def lounge(alpha):
    return create_open_conversation("Lounge")


@pytest.fixture
def circle(tara, sam):
    return create_closed_circle(tara, sam)


def test_a_direct_message_begins_a_conversation_and_both_see_it(sam, sven, call):
    body = {
        "recipient_id": str(sven.pk),
        "content": "Hello! How are you?",
        "message_type": "direct",
    }

    answer = call(sam).post("messages/", body)

    assert answer.status_code == 201
    message = answer.json()
    assert set(message) == set(MessageSerializer().fields)
    assert message["author"]["id"] == str(sam.pk)
    assert message["content"] == "Hello! How are you?"
    mine, theirs = (call(person).get("conversations/").json()["results"] for person in (sam, sven))
    assert [mine[0]["title"], theirs[0]["title"]] == [sven.full_name, sam.full_name]
    assert [mine[0]["unread_count"], theirs[0]["unread_count"]] == [0, 1]
    assert theirs[0]["last_message"] == message
    assert theirs[0]["direct_with"]["id"] == str(sam.pk)
    assert set(theirs[0]) == set(ConversationSerializer().fields)


def test_a_recipient_may_be_named_by_external_id(sam, call):
    other = create_user("ext", external_id="user-456")

    answer = call(sam).post("messages/", {"recipient_id": "user-456", "content": "hi"})

    assert answer.status_code == 201
    assert Conversation.objects.get().audience.members.filter(user=other).exists()


def test_a_group_message_and_an_announcement_go_to_the_group(tara, sam, call):
    group = create_group(tara, sam)
    body = {"recipient_id": str(group.pk), "content": "hi", "message_type": "Group"}

    from_sam = call(sam).post("messages/", body)
    told_by_sam = call(sam).post("messages/", {**body, "message_type": "announcement"})
    told_by_tara = call(tara).post("messages/", {**body, "message_type": "announcement"})

    assert [from_sam.status_code, told_by_sam.status_code, told_by_tara.status_code] == [
        201, 403, 201,
    ]  # fmt: skip
    assert from_sam.json()["conversation"] == str(group.pk)
    assert Message.objects.count() == 2


@pytest.mark.parametrize(
    ("_case", "body", "status", "code"),
    [
        ("nobody", {"recipient_id": "user-456"}, 404, "recipient_not_found"),
        ("a number", {"recipient_id": 1}, 404, "recipient_not_found"),
        ("no group", {"recipient_id": str(uuid.uuid4()), "message_type": "group"}, 404,
         "recipient_not_found"),
        ("a group of an odd id", {"recipient_id": "group-1", "message_type": "group"}, 404,
         "recipient_not_found"),
        ("no conversation", {"conversation": str(uuid.uuid4())}, 404, "not_found"),
    ],
)  # fmt: skip
def test_a_message_to_nobody_is_refused_and_nothing_is_kept(_case, body, status, code, sam, call):
    answer = call(sam).post("messages/", {"content": "hi", **body})

    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert not Message.objects.exists()
    assert not Conversation.objects.exists()


@pytest.mark.parametrize(
    ("_case", "field", "body"),
    [
        ("nothing", "content", {}),
        ("blank", "content", {"content": " \n"}),
        ("too long", "content", {"content": "x" * 10_001}),
        ("null characters", "content", {"content": "a\x00b"}),
        ("half a surrogate pair", "content", {"content": "\ud83d"}),
        ("a number for a client_id", "client_id", {"content": "x", "client_id": "c" * 65}),
        ("a reply to no id", "reply_to", {"content": "x", "reply_to": "first"}),
        ("a script", "attachments",
         {"attachments": [{"url": "javascript:alert(1)", "name": "x"}]}),
        ("another host's", "attachments", {"attachments": [{"url": "//evil/x", "name": "x"}]}),
        ("no name", "attachments", {"attachments": [{"url": "/x"}]}),
        ("more keys", "attachments", {"attachments": [{"url": "/x", "name": "x", "y": 1}]}),
        ("a size of text", "attachments",
         {"attachments": [{"url": "/x", "name": "x", "size": "1"}]}),
        ("a name with NUL", "attachments", {"attachments": [{"url": "/x", "name": "\x00"}]}),
        ("eleven", "attachments", {"attachments": [{"url": "/x", "name": "x"}] * 11}),
        ("no list", "attachments", {"content": "x", "attachments": "file"}),
    ],
)  # fmt: skip
def test_a_message_that_cannot_be_is_named_by_its_field(_case, field, body, lounge, sam, call):
    answer = call(sam).post(f"conversations/{lounge.pk}/messages/", body)

    assert answer.status_code == 400
    assert field in answer.json()
    assert answer.json()["status"] == 400
    assert not Message.objects.exists()


def test_recipient_and_conversation_exclude_each_other(lounge, sam, sven, call):
    both = {"recipient_id": str(sven.pk), "conversation": str(lounge.pk), "content": "hi"}

    assert call(sam).post("messages/", both).status_code == 400
    assert call(sam).post("messages/", {"content": "hi"}).json()["recipient_id"] == [
        "This field is required."
    ]


def test_a_client_id_sent_twice_is_one_message_and_for_other_words_a_conflict(lounge, sam, call):
    path = f"conversations/{lounge.pk}/messages/"
    caller = call(sam)

    first = caller.post(path, {"content": "hi", "client_id": "one"})
    again = caller.post(path, {"content": "hi", "client_id": "one"})
    other = caller.post(path, {"content": "ho", "client_id": "one"})

    assert [first.status_code, again.status_code, other.status_code] == [201, 200, 409]
    assert first.json() == again.json()
    assert other.json()["code"] == "idempotency_mismatch"
    assert Message.objects.count() == 1


def test_an_idempotency_key_makes_a_repeated_request_one_message(lounge, sam, call):
    body, caller = {"conversation": str(lounge.pk), "content": "hi"}, call(sam)
    headers = {"Idempotency-Key": "one"}

    first = caller.post("messages/", body, **headers)
    again = caller.post("messages/", body, **headers)
    other = caller.post("messages/", {**body, "content": "ho"}, **headers)

    assert (first.status_code, again.status_code, other.status_code) == (201, 201, 409)
    assert first.json() == again.json()
    assert Message.objects.count() == 1


def test_history_is_leafed_through_by_cursor_while_messages_come_in(lounge, sam, call):
    send_messages([outgoing(lounge, sam, str(number)) for number in range(1, 8)])
    caller, seen = call(sam), []

    page = caller.get("messages/", conversation=str(lounge.pk), page_size=3).json()
    assert page["previous"] is None
    send(lounge, sam, "8")
    pages = [page]
    while page["next"]:
        page = caller.client.get(page["next"]).json()
        pages.append(page)
    for one in pages:
        seen += [message["content"] for message in one["results"]]

    assert seen == ["7", "6", "5", "4", "3", "2", "1"]
    assert [len(one["results"]) for one in pages] == [3, 3, 1]


def test_from_an_old_page_one_comes_forward_to_the_newest(lounge, sam, call):
    send_messages([outgoing(lounge, sam, str(number)) for number in range(1, 8)])
    caller = call(sam)

    page = caller.get("messages/", conversation=str(lounge.pk), before=3, page_size=3).json()
    seen = [[message["content"] for message in page["results"]]]
    while page["previous"]:
        page = caller.client.get(page["previous"]).json()
        seen.append([message["content"] for message in page["results"]])

    assert seen == [["2", "1"], ["5", "4", "3"], ["7", "6"]]
    assert caller.client.get(page["next"]).json()["results"][0]["content"] == "5"


@pytest.mark.parametrize(
    "query", [{"before": "x"}, {"before": 1, "after": 1}, {"page_size": 101}, {"after": 2**70}]
)
def test_a_page_that_cannot_be_asked_for_is_a_field_error(query, lounge, sam, call):
    answer = call(sam).get("messages/", conversation=str(lounge.pk), **query)

    assert answer.status_code == 400


def test_the_author_edits_and_deletes_and_the_place_stays(lounge, sam, call):
    sent = send(lounge, sam, "frist")
    path, caller = f"messages/{sent.message_id}/", call(sam)

    edited = caller.patch(path, {"content": "first"}).json()
    deleted = caller.delete(path)

    assert (edited["content"], edited["offset"]) == ("first", sent.offset)
    assert edited["edited_at"].endswith("Z")
    assert deleted.status_code == 204
    left = caller.get(path).json()
    assert (left["content"], left["deleted"], left["offset"]) == ("", True, sent.offset)
    assert caller.delete(path).json()["code"] == "message_deleted"
    assert caller.patch(path, {"content": "x"}).json()["code"] == "message_deleted"


@pytest.mark.parametrize(
    ("_case", "who", "patch", "delete"),
    [
        ("another member", "sam", 403, 403),
        ("the owner moderates", "tara", 403, 204),
        ("an admin moderates", "ada", 403, 204),
        ("to a stranger it does not exist", "sven", 404, 404),
    ],
)
def test_others_never_edit_and_only_moderators_delete(
    _case, who, patch, delete, circle, sam, tara, ada, sven, call
):
    author = create_user("author")
    sent = send(circle, author)
    caller = call({"sam": sam, "tara": tara, "ada": ada, "sven": sven}[who])
    path = f"messages/{sent.message_id}/"

    assert caller.patch(path, {"content": "x"}).status_code == patch
    assert Message.objects.get().content == "hi"
    assert caller.delete(path).status_code == delete
    assert Message.objects.filter(deleted_at=None).exists() == (delete != 204)


def test_not_even_an_admin_reads_what_two_others_write_each_other(sam, sven, ada, call):
    message = call(sam).post("messages/", {"recipient_id": str(sven.pk), "content": "hi"}).json()
    admin = call(ada)

    assert admin.get(f"conversations/{message['conversation']}/").status_code == 404
    assert admin.get(f"messages/{message['id']}/").status_code == 404
    assert admin.get("messages/", conversation=message["conversation"]).status_code == 404
    assert admin.get("conversations/").json()["count"] == 0


def test_reactions_are_added_once_and_taken_back(lounge, sam, sven, call):
    path = f"messages/{send(lounge, sven).message_id}/reactions/"
    caller = call(sam)

    first = caller.post(path, {"emoji": "👍"})
    again = caller.post(path, {"emoji": "👍"})
    both = call(sven).post(path, {"emoji": "👍"})

    assert [first.status_code, again.status_code] == [201, 200]
    assert first.json() == [{"emoji": "👍", "count": 1, "user_ids": [str(sam.pk)]}]
    assert both.json()[0]["count"] == 2
    assert caller.delete(path + "?emoji=👍").status_code == 204
    assert caller.get(path).json() == [{"emoji": "👍", "count": 1, "user_ids": [str(sven.pk)]}]
    assert caller.post(path, {"emoji": "two words"}).status_code == 400


def test_reading_moves_forward_only_and_no_further_than_the_newest(lounge, sam, sven, call):
    send_messages([outgoing(lounge, sven, str(number)) for number in range(3)])
    path, caller = f"conversations/{lounge.pk}/read/", call(sam)

    assert caller.post(path, {"offset": 2}).json() == {"offset": 2, "unread_count": 1}
    assert caller.post(path, {"offset": 1}).json() == {"offset": 2, "unread_count": 1}
    assert caller.post(path, {"offset": 10**6}).json()["unread_count"] == 0
    assert caller.get(f"conversations/{lounge.pk}/").json()["unread_count"] == 0


def test_a_closed_conversation_is_read_and_no_longer_written(lounge, sam, call):
    sent = send(lounge, sam)
    close_conversation(conversation_id=lounge.pk)
    caller = call(sam)

    refused = caller.post(f"conversations/{lounge.pk}/messages/", {"content": "late"})
    edited = caller.patch(f"messages/{sent.message_id}/", {"content": "late"})
    reaction = caller.post(f"messages/{sent.message_id}/reactions/", {"emoji": "x"})

    assert [answer.json()["code"] for answer in (refused, edited, reaction)] == [
        "conversation_closed"
    ] * 3
    shown = caller.get(f"conversations/{lounge.pk}/").json()
    assert (shown["is_active"], shown["can_post"]) == (False, False)
    assert caller.get(f"conversations/{lounge.pk}/messages/").status_code == 200


def test_where_only_moderators_post_others_are_told_so(tara, sam, ada, call):
    news = create_open_conversation("News", posting="moderators")
    path = f"conversations/{news.pk}/messages/"

    refused = call(sam).post(path, {"content": "x"})

    assert (refused.status_code, refused.json()["code"]) == (403, "posting_not_allowed")
    assert call(ada).post(path, {"content": "x"}).status_code == 201


def test_conversations_come_by_their_newest_message(alpha, sam, call):
    one, two = create_open_conversation("one"), create_open_conversation("two")
    quiet = create_closed_circle(sam, title="quiet")
    send(two, sam)
    send(one, sam)
    send(quiet, sam)
    send(two, sam)

    listed = call(sam).get("conversations/").json()

    assert [found["title"] for found in listed["results"]] == ["two", "quiet", "one"]
    only = call(sam).get("conversations/", kind="GROUP").json()
    assert [found["title"] for found in only["results"]] == ["quiet"]


def test_starting_a_conversation_twice_is_one(sam, sven, call):
    first = call(sam).post("conversations/", {"recipient_id": str(sven.pk)})
    again = call(sven).post("conversations/", {"recipient_id": str(sam.pk)})
    alone = call(sam).post("conversations/", {"recipient_id": str(sam.pk)})

    assert first.json()["id"] == again.json()["id"]
    assert alone.json()["code"] == "recipient_is_sender"
    assert Conversation.objects.count() == 1
