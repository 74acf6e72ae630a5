"""Closing, editing, reactions, markers, reads: each service's promises and refusals."""

import pytest

from lms.core.errors import InvalidField, NotFound
from lms.core.ids import uuid7
from lms.messaging.errors import (
    MessageDeleted,
    TooManyReactions,
)
from lms.messaging.events import (
    ConversationWasClosed,
)
from lms.messaging.models import MessageVersion, Reaction, ReadMarker
from lms.messaging.selectors import (
    audience_pairs,
    conversations_visible_to,
    history,
    readable_pairs,
    unread_counts,
)
from lms.messaging.services import reading
from lms.messaging.services.conversations import (
    close_conversation,
    find_or_create_direct,
    reopen_conversation,
)
from lms.messaging.services.editing import delete_message, edit_message
from lms.messaging.services.reactions import add_reaction, remove_reaction
from lms.messaging.services.reading import mark_read
from lms.messaging.services.sending import send_messages
from lms.messaging.summaries import conversations_listed_for, summarize
from lms.streams.selectors import get_position
from tests.factories.accounts import create_user
from tests.factories.messaging import (
    create_closed_circle,
    create_open_conversation,
    outgoing,
    send,
)
from tests.lms.messaging.looking import entries, queries


@pytest.fixture
def lounge(alpha):
    return create_open_conversation("Lounge")


def test_closing_twice_is_closing_once_and_opening_lets_write_again(
    lounge, sam, heard, django_capture_on_commit_callbacks
):
    facts = heard(ConversationWasClosed)

    with django_capture_on_commit_callbacks(execute=True):
        close_conversation(conversation_id=lounge.pk)
        close_conversation(conversation_id=lounge.pk)
        reopen_conversation(conversation_id=lounge.pk)
        reopen_conversation(conversation_id=lounge.pk)

    assert len(facts) == 1
    assert [type_ for type_, _ in entries(lounge)] == ["topic.closed", "topic.reopened"]
    assert send(lounge, sam).offset == 3
    with pytest.raises(NotFound):
        close_conversation(conversation_id=uuid7())


def test_what_a_message_said_before_is_kept(lounge, sam):
    sent = send(lounge, sam, "one")

    for content in ("two", "three"):
        edit_message(actor=sam, message_id=sent.message_id, content=content)

    versions = MessageVersion.objects.order_by("replaced_at").values_list("content", flat=True)
    assert list(versions) == ["one", "two"]


def test_a_deleted_message_takes_no_reactions_and_shows_none(lounge, sam):
    sent = send(lounge, sam)
    add_reaction(actor=sam, message_id=sent.message_id, emoji="x")
    delete_message(actor=sam, message_id=sent.message_id)

    with pytest.raises(MessageDeleted):
        add_reaction(actor=sam, message_id=sent.message_id, emoji="y")
    with pytest.raises(MessageDeleted):
        remove_reaction(actor=sam, message_id=sent.message_id, emoji="x")
    assert history(user=sam, conversation_id=lounge.pk)[0]["reactions"] == []


def test_a_reaction_is_told_with_its_count_and_only_when_something_changed(lounge, sam, sven):
    message_id = send(lounge, sam).message_id
    acts = [(add_reaction, sam), (add_reaction, sam), (add_reaction, sven),
            (remove_reaction, sam), (remove_reaction, sam)]  # fmt: skip

    told = [act(actor=who, message_id=message_id, emoji="👍") for act, who in acts]

    assert [entry is None for entry in told] == [False, True, False, False, True]
    counts = [payload["count"] for type_, payload in entries(lounge) if type_ != "message.sent"]
    assert counts == [1, 2, 1]


def test_a_message_carries_at_most_twenty_different_reactions(lounge, sam, sven):
    message_id = send(lounge, sam).message_id
    for number in range(20):
        add_reaction(actor=sam, message_id=message_id, emoji=f"e{number}")

    with pytest.raises(TooManyReactions):
        add_reaction(actor=sam, message_id=message_id, emoji="one-more")
    add_reaction(actor=sven, message_id=message_id, emoji="e3")
    assert Reaction.objects.count() == 21


def test_what_is_no_reaction_is_refused(lounge, sam):
    message_id = send(lounge, sam).message_id

    for emoji in ("", "a b", "x" * 33, "\x00", "\ud83d"):
        with pytest.raises(InvalidField):
            add_reaction(actor=sam, message_id=message_id, emoji=emoji)


def test_reading_is_told_while_few_read_along(lounge, sam, sven, monkeypatch):
    monkeypatch.setattr(reading, "MAX_RECEIPTS", 1)
    send_messages([outgoing(lounge, sam), outgoing(lounge, sam)])

    mark_read(actor=sam, conversation_id=lounge.pk, offset=1)
    mark_read(actor=sam, conversation_id=lounge.pk, offset=1)
    mark_read(actor=sven, conversation_id=lounge.pk, offset=2)

    told = [payload for type_, payload in entries(lounge) if type_ == "read.marked"]
    assert told == [{"user_id": str(sam.pk), "offset": 1}]
    assert ReadMarker.objects.get(user=sven).offset == 2


def test_nobody_marks_what_they_cannot_read(sam, sven):
    circle = create_closed_circle(sam)

    with pytest.raises(NotFound):
        mark_read(actor=sven, conversation_id=circle.pk, offset=1)
    assert not ReadMarker.objects.exists()


def test_unread_are_messages_of_others_after_the_marker_up_to_a_hundred(lounge, sam, sven):
    other = create_open_conversation("Other")
    sent = send_messages([outgoing(lounge, sven) for _ in range(120)])
    send_messages([outgoing(other, sven), outgoing(other, sam)])
    last = send(other, sven)
    delete_message(actor=sven, message_id=last.message_id)

    with queries(1):
        assert unread_counts(sam, [lounge.pk, other.pk]) == {lounge.pk: 100, other.pk: 1}
    mark_read(actor=sam, conversation_id=lounge.pk, offset=sent[-3].offset)
    assert unread_counts(sam, [lounge.pk]) == {lounge.pk: 2}
    assert unread_counts(sam, []) == {}


def test_history_takes_three_queries_and_pages_by_offset(lounge, sam):
    send_messages([outgoing(lounge, sam, str(number)) for number in range(1, 31)])

    with queries(3):
        page = history(user=sam, conversation_id=lounge.pk, limit=10)

    assert [message["offset"] for message in page] == list(range(30, 20, -1))
    older = history(user=sam, conversation_id=lounge.pk, before=21, limit=2)
    assert [message["offset"] for message in older] == [20, 19]
    newer = history(user=sam, conversation_id=lounge.pk, after=5, limit=2)
    assert [message["offset"] for message in newer] == [7, 6]


def test_the_list_of_conversations_takes_the_same_number_of_queries_however_long(sam, sven):
    for number in range(1, 6):
        room = create_open_conversation(str(number))
        send(room, sven)
        direct = find_or_create_direct(actor=sam, recipient_id=create_user(f"p{number}").pk)
        send(direct, sam)

        with queries(9):  # the page; last messages (3), members, unread, markers, mine, partners
            summaries = summarize(sam, list(conversations_listed_for(sam)[:20]))

        assert len(summaries) == number * 2


def test_the_rule_for_one_and_the_rule_for_many_pairs_agree(sam, sven, tara, ada):
    """`conversations_visible_to` and `readable_pairs` say the same of everybody and everything."""
    gone = create_user("gone", is_active=False)
    circle = create_closed_circle(sam)
    shared = create_closed_circle(tara)
    shared.shared_with.add(circle.audience)
    direct = find_or_create_direct(actor=sam, recipient_id=tara.pk)
    rooms = [create_open_conversation(), circle, shared, direct]
    people = [sam, sven, tara, ada]

    one_by_one = {
        (person.pk, room.pk)
        for person in people
        for room in conversations_visible_to(person).filter(pk__in=[room.pk for room in rooms])
    }

    with queries(1):
        found = readable_pairs(
            [(person.pk, room.pk) for person in [*people, gone] for room in rooms]
        )

    assert found == one_by_one
    assert len(found) == 4 + 2 + 3 + 2
    assert audience_pairs([(sam.pk, circle.audience_id), (sven.pk, circle.audience_id)]) == {
        (sam.pk, circle.audience_id)
    }


def test_a_new_conversation_has_a_stream_from_the_start(lounge):
    assert get_position(lounge.stream).offset == 0
