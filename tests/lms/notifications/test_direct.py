import pytest

from lms.messaging.services.conversations import find_or_create_direct
from lms.messaging.services.reading import mark_read
from lms.messaging.services.sending import send_messages
from lms.notifications import direct
from lms.notifications.models import Notification
from lms.notifications.services import mark_all_read
from lms.streams.selectors import entries_after
from tests.factories.messaging import create_open_conversation, outgoing
from tests.lms.courses.doors import entries


@pytest.fixture
def talk(tara, sam):
    """The direct conversation of tara and sam."""
    return find_or_create_direct(actor=tara, recipient_id=sam.pk)


@pytest.fixture
def say(django_capture_on_commit_callbacks):
    """`say(conversation, sender, "one", "two")` sends them in one batch, commit included."""

    def send(conversation, sender, *words):
        with django_capture_on_commit_callbacks(execute=True):
            return send_messages([outgoing(conversation, sender, word) for word in words])

    return send


@pytest.fixture
def read(django_capture_on_commit_callbacks):
    def mark(conversation, reader, offset):
        with django_capture_on_commit_callbacks(execute=True):
            mark_read(actor=reader, conversation_id=conversation.pk, offset=offset)

    return mark


def test_the_other_one_is_told_of_a_direct_message(talk, say, tara, sam):
    say(talk, tara, "Are you there?")

    row = Notification.objects.get()
    assert (row.user, row.kind, row.actor_id) == (sam, "message.direct", tara.pk)
    assert (row.title, row.body) == ("New message from Tara Tester", "")
    assert row.link == f"/conversations/{talk.pk}/"
    assert [type_ for type_, _ in entries(f"user:{sam.pk}")] == ["notification.created"]


def test_one_unread_notification_is_enough_for_a_conversation(talk, say, tara, sam):
    say(talk, tara, "one", "two", "three")
    say(talk, tara, "four")
    assert Notification.objects.count() == 1

    mark_all_read(user=sam)
    say(talk, tara, "five")

    assert Notification.objects.filter(user=sam).count() == 2


def test_both_of_a_batch_are_told(talk, say, tara, sam, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        send_messages([outgoing(talk, tara, "one"), outgoing(talk, sam, "two")])

    assert set(Notification.objects.values_list("user", flat=True)) == {tara.pk, sam.pk}


def test_reading_the_conversation_reads_its_notification(talk, say, read, tara, sam):
    say(talk, tara, "one")
    say(talk, sam, "two")
    read(talk, tara, 2)
    assert Notification.objects.get(user=sam).read_at is None

    read(talk, sam, 1)

    assert Notification.objects.get(user=sam).read_at
    types = [type_ for type_, _ in entries(f"user:{sam.pk}")]
    assert types == ["notification.created", "notification.read"]


def test_reading_only_what_came_before_leaves_it_unread(talk, say, read, tara, sam):
    say(talk, tara, "one")
    read(talk, sam, 1)
    say(talk, tara, "two", "three")

    read(talk, sam, 2)

    assert Notification.objects.filter(user=sam, read_at=None).count() == 1


def test_what_was_read_before_it_could_be_told_is_not_told(
    talk, tara, sam, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks(execute=True):
        send_messages([outgoing(talk, tara, "one")])
        mark_read(actor=sam, conversation_id=talk.pk, offset=1)

    assert Notification.objects.count() == 0


def test_a_forums_message_tells_nobody_and_asks_the_database_once(
    say, tara, alpha, django_assert_num_queries
):
    forum = create_open_conversation()
    say(forum, tara, "one")
    heard = entries_after(forum.stream, 0, limit=10)

    with django_assert_num_queries(0):
        direct.hear(alpha, heard)

    assert Notification.objects.count() == 0


def test_a_direct_message_costs_one_query_while_there_is_an_unread_one(
    talk, say, tara, alpha, django_assert_num_queries
):
    say(talk, tara, "one")
    [entry] = entries_after(talk.stream, 0, limit=10)

    with django_assert_num_queries(1):
        direct.hear(alpha, [entry])
