import json

import pytest
from django.db import connection, transaction

from lms.core.ids import uuid7
from lms.messaging.errors import (
    ClientIdReused,
    ConversationClosed,
    ConversationNotFound,
    ReplyNotFound,
)
from lms.messaging.models import Message
from lms.messaging.rendering import render_message
from lms.messaging.services.conversations import close_conversation
from lms.messaging.services.editing import delete_message, edit_message
from lms.messaging.services.sending import Sent, send_messages
from lms.streams import announce
from lms.streams.selectors import entries_after, get_position
from lms.streams.services import append
from tests.factories.messaging import create_open_conversation, outgoing, send


@pytest.fixture
def lounge(alpha):
    return create_open_conversation("Lounge")


@pytest.fixture
def other(alpha):
    return create_open_conversation("Other")


def contents(conversation):
    entries = entries_after(conversation.stream, 0, limit=500)
    return [json.loads(entry.payload)["content"] for entry in entries]


def test_a_batch_keeps_its_order_in_each_conversation(lounge, other, sam):
    batch = [
        outgoing(lounge, sam, "a"),
        outgoing(other, sam, "x"),
        outgoing(lounge, sam, "b"),
        outgoing(lounge, sam, "c"),
    ]

    outcomes = send_messages(batch)

    assert [outcome.offset for outcome in outcomes] == [1, 1, 2, 3]
    assert contents(lounge) == ["a", "b", "c"]
    assert contents(other) == ["x"]
    assert list(
        Message.objects.filter(conversation=lounge)
        .order_by("offset")
        .values_list("content", flat=True)
    ) == ["a", "b", "c"]


def test_nothing_to_send_is_nothing_done(alpha):
    assert send_messages([]) == []


@pytest.mark.parametrize("size", [1, 50])
def test_a_batch_of_any_size_takes_three_statements(
    lounge, sam, size, django_assert_num_queries, pipelined
):
    batch = [outgoing(lounge, sam, str(number)) for number in range(size)]
    append(stream=batch[0].stream, type="topic.renamed", payload={})
    pipelined.clear()

    with django_assert_num_queries(2):  # the test's savepoint and its release
        send_messages(batch)

    assert len(pipelined) == 3  # the lock, the look, the insert


def test_the_push_is_the_message_as_history_shows_it(lounge, sam):
    first = send(lounge, sam, 'one \U0001f642 \u00e9 "quoted" \\ back')
    attachments = [{"url": "/files/1", "name": "a.pdf", "size": 3}]

    sent = send(lounge, sam, "two", reply_to=first.message_id, attachments=attachments)

    pushed = [json.loads(entry.payload) for entry in entries_after(lounge.stream, 0, limit=9)]
    messages = Message.objects.select_related("sender").order_by("offset")
    assert pushed == [render_message(message) for message in messages]
    assert pushed[1]["id"] == str(sent.message_id)
    assert pushed[1]["attachments"] == attachments


def test_sending_again_is_the_same_message(lounge, sam):
    message = outgoing(lounge, sam)
    first = send_messages([message])[0]

    again = send_messages([message])[0]

    assert first.duplicate is False
    assert again == Sent(first.message_id, first.offset, first.created_at, duplicate=True)
    assert contents(lounge) == ["hi"]


def test_a_duplicate_within_a_batch_is_one_message_and_leaves_no_gap(lounge, sam):
    message = outgoing(lounge, sam, "twice")

    first, again, following = send_messages([message, message, outgoing(lounge, sam, "next")])

    assert (again.message_id, again.offset, again.duplicate) == (first.message_id, 1, True)
    assert following.offset == 2
    assert get_position(lounge.stream).offset == 2
    assert contents(lounge) == ["twice", "next"]


@pytest.mark.parametrize(
    ("_case", "change"),
    [
        ("other words", {"content": "other"}),
        ("an attachment more", {"attachments": [{"url": "/x", "name": "x"}]}),
    ],
)
def test_the_same_client_id_for_another_body_is_refused(_case, change, lounge, sam):
    send(lounge, sam, client_id="one")

    outcome = send_messages([outgoing(lounge, sam, **{"client_id": "one", **change})])[0]

    assert isinstance(outcome, ClientIdReused)
    assert outcome.code == "idempotency_mismatch"
    assert contents(lounge) == ["hi"]
    assert get_position(lounge.stream).offset == 1


def test_client_ids_of_two_people_and_of_two_conversations_are_different_ones(
    lounge, other, sam, sven
):
    batch = [
        outgoing(lounge, sam, "sam", client_id="one"),
        outgoing(lounge, sven, "sven", client_id="one"),
        outgoing(other, sam, "elsewhere", client_id="one"),
    ]

    outcomes = send_messages(batch)

    assert [outcome.duplicate for outcome in outcomes] == [False, False, False]
    assert len({outcome.message_id for outcome in outcomes}) == 3


def test_a_late_retry_is_recognised_after_an_edit_and_after_a_deletion(lounge, sam):
    message = outgoing(lounge, sam)
    sent = send_messages([message])[0]

    edit_message(actor=sam, message_id=sent.message_id, content="hello")
    after_edit = send_messages([message])[0]
    delete_message(actor=sam, message_id=sent.message_id)
    after_deletion = send_messages([message])[0]

    assert (after_edit.message_id, after_edit.duplicate) == (sent.message_id, True)
    assert (after_deletion.message_id, after_deletion.duplicate) == (sent.message_id, True)


def test_a_closed_conversation_refuses_new_messages_and_still_knows_old_ones(lounge, other, sam):
    kept = outgoing(lounge, sam)
    first = send_messages([kept])[0]
    close_conversation(conversation_id=lounge.pk)

    outcomes = send_messages([kept, outgoing(lounge, sam, "late"), outgoing(other, sam, "fine")])

    assert (outcomes[0].message_id, outcomes[0].duplicate) == (first.message_id, True)
    assert isinstance(outcomes[1], ConversationClosed)
    assert outcomes[2].offset == 1
    assert get_position(lounge.stream).offset == 2  # the message and topic.closed


def test_a_reply_needs_its_message_in_the_same_conversation(lounge, other, sam):
    elsewhere = send(other, sam)

    wrong, unknown, fine = send_messages(
        [
            outgoing(lounge, sam, "wrong", reply_to=elsewhere.message_id),
            outgoing(lounge, sam, "unknown", reply_to=uuid7()),
            outgoing(lounge, sam, "fine"),
        ]
    )

    assert isinstance(wrong, ReplyNotFound)
    assert isinstance(unknown, ReplyNotFound)
    assert fine.offset == 1
    assert contents(lounge) == ["fine"]


def test_what_was_refused_may_be_sent_again_with_the_same_client_id(lounge, sam):
    first = send_messages([outgoing(lounge, sam, client_id="one", reply_to=uuid7())])[0]

    again = send_messages([outgoing(lounge, sam, client_id="one")])[0]

    assert isinstance(first, ReplyNotFound)
    assert (again.offset, again.duplicate) == (1, False)


def test_a_conversation_that_is_gone_refuses_alone(lounge, sam):
    nowhere = create_open_conversation()
    lost = outgoing(nowhere, sam)
    nowhere.delete()

    outcome, fine = send_messages([lost, outgoing(lounge, sam)])

    assert isinstance(outcome, ConversationNotFound)
    assert fine.offset == 1
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # what a commit would find


def test_a_failing_batch_leaves_nothing_and_announces_nothing(
    lounge, sam, django_capture_on_commit_callbacks
):
    heard = []
    listener = lambda schema, entries: heard.extend(entries)  # noqa: E731
    announce.register(listener)
    try:
        with django_capture_on_commit_callbacks(execute=True):
            with pytest.raises(ZeroDivisionError), transaction.atomic():  # noqa: PT012
                send_messages([outgoing(lounge, sam)])
                raise ZeroDivisionError
            kept = send_messages([outgoing(lounge, sam, "kept"), outgoing(lounge, sam, "two")])
    finally:
        announce.unregister(listener)

    assert [outcome.offset for outcome in kept] == [1, 2]
    assert [(entry.offset, entry.type) for entry in heard] == [
        (1, "message.sent"),
        (2, "message.sent"),
    ]
    assert [entry.epoch for entry in heard] == [get_position(lounge.stream).epoch] * 2
