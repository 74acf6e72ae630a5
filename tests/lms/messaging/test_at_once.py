"""The same done by two at the same moment. Each protection has a control without it."""

import threading

import pytest
from django.db import IntegrityError, transaction

from lms.messaging.models import Audience, Conversation, Reaction, ReadMarker
from lms.messaging.selectors import direct_key, history
from lms.messaging.services.audiences import add_member
from lms.messaging.services.conversations import find_or_create_direct
from lms.messaging.services.editing import edit_message
from lms.messaging.services.reactions import add_reaction
from lms.messaging.services.reading import mark_read
from lms.streams.selectors import entries_after
from tests.factories.accounts import create_user
from tests.factories.messaging import create_audience, create_open_conversation, send
from tests.lms.messaging.threads import at_once, errors_in


@pytest.fixture
def people(alpha_committed):
    return [create_user(f"p{number}") for number in range(6)]


def test_two_who_write_each_other_first_at_once_have_one_conversation(alpha_committed, people):
    one, two = people[:2]
    acts = [
        lambda: find_or_create_direct(actor=one, recipient_id=two.pk),
        lambda: find_or_create_direct(actor=two, recipient_id=one.pk),
    ] * 4

    results = at_once(alpha_committed, *acts)

    assert errors_in(results) == []
    assert len({conversation.pk for conversation in results}) == 1
    assert Conversation.objects.count() == 1
    assert results[0].audience.members.count() == 2
    assert Audience.objects.count() == 1  # what lost the race left nothing


def test_control_looking_first_and_creating_then_collides(alpha_committed, people):
    key, both_have_looked = direct_key(people[0].pk, people[1].pk), threading.Barrier(2)

    def create():
        with transaction.atomic():
            if not Conversation.objects.filter(direct_key=key).exists():
                both_have_looked.wait(timeout=10)
                Conversation.objects.create(
                    kind="direct", audience=Audience.objects.create(), direct_key=key
                )

    results = at_once(alpha_committed, create, create)

    assert [type(error) for error in errors_in(results)] == [IntegrityError]


def test_somebody_added_twice_at_once_is_one_member(alpha_committed, people):
    audience = create_audience()
    act = lambda: add_member(audience_id=audience.pk, user_id=people[0].pk, role="member")  # noqa: E731

    results = at_once(alpha_committed, *[act] * 6)

    assert errors_in(results) == []
    assert len({member.pk for member in results}) == 1


def test_markers_moved_at_once_end_at_the_furthest(alpha_committed, people):
    lounge, sam = create_open_conversation(), people[0]
    for _ in range(12):
        send(lounge, sam)
    acts = [
        lambda offset=offset: mark_read(actor=sam, conversation_id=lounge.pk, offset=offset)
        for offset in (3, 12, 1, 7, 12, 5)
    ]

    results = at_once(alpha_committed, *acts)

    assert errors_in(results) == []
    assert ReadMarker.objects.get().offset == 12


def test_reactions_at_once_are_counted_one_by_one_and_edits_miss_none(alpha_committed, people):
    lounge = create_open_conversation()
    message_id = send(lounge, people[0]).message_id
    acts = [
        lambda who=who: add_reaction(actor=who, message_id=message_id, emoji="x") for who in people
    ]

    def edit():
        return edit_message(actor=people[0], message_id=message_id, content="new")

    results = at_once(alpha_committed, *acts, edit, edit, edit)

    assert errors_in(results) == []
    entries = entries_after(lounge.stream, 1, limit=50)
    reacted = 0
    for entry in entries:
        if entry.type == "reaction.added":
            reacted += 1
            assert f'"count":{reacted}' in entry.payload
        else:
            shown = f'"count":{reacted},' if reacted else '"reactions":[]'
            assert shown in entry.payload
    assert reacted == len(people)
    assert history(user=people[0], conversation_id=lounge.pk)[0]["reactions"][0]["count"] == 6


def test_control_without_the_messages_lock_two_reactions_count_the_same(alpha_committed, people):
    lounge = create_open_conversation()
    message_id = send(lounge, people[0]).message_id

    both_are_in = threading.Barrier(2)

    def react(who):
        with transaction.atomic():
            Reaction.objects.create(message_id=message_id, user=who, emoji="x")
            both_are_in.wait(timeout=10)
            return Reaction.objects.filter(message_id=message_id).count()

    results = at_once(alpha_committed, *[lambda who=who: react(who) for who in people[:2]])

    assert results == [1, 1]
