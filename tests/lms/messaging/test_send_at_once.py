"""Many writers at the same moment. Each protection has a control that fails without it."""

import json
import random
import threading

import pytest
from django.db import IntegrityError, OperationalError, connection, transaction

from lms.core.ids import uuid7
from lms.messaging.errors import ConversationClosed
from lms.messaging.models import Message
from lms.messaging.services.conversations import close_conversation, create_conversation
from lms.messaging.services.sending import Sent, send_messages
from lms.streams.heads import advance
from lms.streams.selectors import entries_after, get_position
from tests.factories.accounts import create_user
from tests.factories.messaging import create_open_conversation, outgoing
from tests.lms.messaging.threads import at_once, errors_in


@pytest.fixture
def lounge(alpha_committed):
    return create_open_conversation("Lounge")


@pytest.fixture
def sam(alpha_committed):
    return create_user("sam")


def test_eight_writers_leave_no_gap_and_no_double_and_entries_match_rows(
    alpha_committed, lounge, sam
):
    def write():
        return [send_messages([outgoing(lounge, sam) for _ in range(3)]) for _ in range(10)]

    results = at_once(alpha_committed, *[write] * 8)

    assert errors_in(results) == []
    offsets = sorted(sent.offset for batches in results for batch in batches for sent in batch)
    assert offsets == list(range(1, 241))
    entries = entries_after(lounge.stream, 0, limit=500)
    rows = Message.objects.filter(conversation=lounge).order_by("offset")
    assert [json.loads(entry.payload)["id"] for entry in entries] == [
        str(pk) for pk in rows.values_list("pk", flat=True)
    ]


def test_one_client_id_from_eight_writers_is_one_message(alpha_committed, lounge, sam):
    message = outgoing(lounge, sam, "once")

    results = at_once(alpha_committed, *[lambda: send_messages([message])[0]] * 8)

    assert errors_in(results) == []
    assert {(sent.message_id, sent.offset) for sent in results} == {(results[0].message_id, 1)}
    assert sorted(sent.duplicate for sent in results) == [False] + [True] * 7
    assert get_position(lounge.stream).offset == 1


def test_control_without_the_locked_head_two_writers_collide(alpha_committed, lounge, sam):
    """Looking first and inserting then, as one would without the stream's lock."""

    all_have_looked = threading.Barrier(4)

    def write():
        with transaction.atomic():
            known = Message.objects.filter(conversation=lounge, client_id="one").exists()
            all_have_looked.wait(timeout=10)
            if not known:
                Message.objects.create(
                    conversation=lounge, sender=sam, client_id="one", digest="", content="x",
                    offset=random.randrange(1, 10**9), created_at=lounge.created_at,
                )  # fmt: skip

    results = at_once(alpha_committed, *[write] * 4)

    assert any(isinstance(error, IntegrityError) for error in errors_in(results))


def test_batches_over_the_same_conversations_in_any_order_never_wait_for_each_other(
    alpha_committed, sam
):
    rooms = [create_open_conversation(str(number)) for number in range(5)]

    def write(seed):
        shuffled = random.Random(seed)
        for _ in range(15):
            batch = [outgoing(room, sam) for room in rooms]
            shuffled.shuffle(batch)
            send_messages(batch)

    results = at_once(alpha_committed, *[lambda seed=seed: write(seed) for seed in range(6)])

    assert errors_in(results) == []
    assert {get_position(room.stream).offset for room in rooms} == {90}


def test_control_locking_in_the_order_of_the_batch_deadlocks(alpha_committed, sam):
    rooms = [create_open_conversation(str(number)) for number in range(2)]

    both_hold_one = threading.Barrier(2)

    def write(order):
        with transaction.atomic():
            advance({order[0].stream: 1})
            both_hold_one.wait(timeout=10)
            advance({order[1].stream: 1})

    results = at_once(alpha_committed, lambda: write(rooms), lambda: write(rooms[::-1]))

    assert len(errors_in(results)) == 1
    assert isinstance(errors_in(results)[0], OperationalError)


def test_no_message_stands_after_the_entry_that_closed_the_conversation(alpha_committed, sam):
    for _ in range(5):
        room = create_conversation(kind="forum", title="short", open_to_tenant=True)

        def write(room=room):
            outcomes: list[object] = []
            while not outcomes or isinstance(outcomes[-1], Sent):
                outcomes += send_messages([outgoing(room, sam)])
            return outcomes

        def close(room=room):
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_sleep(0.05)")
            return close_conversation(conversation_id=room.pk)

        results = at_once(alpha_committed, write, write, write, close)

        assert errors_in(results) == []
        assert all(isinstance(written[-1], ConversationClosed) for written in results[:3])
        entries = entries_after(room.stream, 0, limit=1000)
        assert [entry.type for entry in entries].index("topic.closed") == len(entries) - 1
        assert [entry.offset for entry in entries] == list(range(1, len(entries) + 1))


def test_streams_that_one_writer_makes_and_another_has_are_locked_in_the_same_order(
    alpha_committed,
):
    """Holding an old stream while making a new one deadlocked with its mirror image."""
    for _ in range(10):
        names = sorted(f"user:{uuid7()}" for _ in range(4))
        with transaction.atomic():
            advance({names[3]: 1})

        def write(order, names=names):
            for _ in range(5):
                with transaction.atomic():
                    advance({names[number]: 1 for number in order})

        results = at_once(
            alpha_committed, lambda: write((0, 1, 2, 3)), lambda: write((3, 2, 1, 0)),
            lambda: write((1, 3)), lambda: write((3, 0)),
        )  # fmt: skip

        assert errors_in(results) == []
