import uuid
from functools import partial

import pytest
from django.db import IntegrityError

from lms.accounts.models import User
from lms.notifications import services
from lms.notifications.models import Notification
from lms.notifications.rendering import render_notification
from lms.notifications.services import notify
from tenants.context import in_tenant
from tests.factories.accounts import create_user
from tests.factories.notifications import create_notification
from tests.lms.courses.doors import at_once, entries


def test_everyone_named_gets_a_row_and_an_entry(tara, sam):
    told = notify(user_ids=[tara.pk, sam.pk, sam.pk], kind="news", title="Hello", link="/x/")

    assert told == 2
    for user in (tara, sam):
        row = Notification.objects.get(user=user)
        assert (row.kind, row.title, row.link, row.is_read) == ("news", "Hello", "/x/", False)
        assert entries(f"user:{user.pk}") == [("notification.created", render_notification(row))]


def test_nobody_hears_of_the_same_thing_twice(tara, sam):
    first = notify(user_ids=[sam.pk], kind="news", title="Hello", subject_key="thing:1")
    second = notify(user_ids=[sam.pk, tara.pk], kind="news", title="Hello", subject_key="thing:1")
    other = notify(user_ids=[sam.pk], kind="news", title="Hello", subject_key="thing:2")

    assert (first, second, other) == (1, 1, 1)
    assert Notification.objects.filter(user=sam).count() == len(entries(f"user:{sam.pk}")) == 2


def test_without_a_subject_the_same_is_told_each_time(sam):
    for _ in range(2):
        assert notify(user_ids=[sam.pk], kind="news", title="Hello") == 1

    assert Notification.objects.count() == 2


def test_who_caused_it_and_who_has_left_hear_nothing(tara, sam, ivan):
    User.objects.filter(pk=ivan.pk).update(is_active=False)
    people = [tara.pk, sam.pk, ivan.pk, uuid.uuid4()]

    assert notify(user_ids=people, kind="news", title="Hello", actor_id=tara.pk) == 1

    assert Notification.objects.get().user == sam
    assert entries(f"user:{tara.pk}") == entries(f"user:{ivan.pk}") == []


def test_nobody_to_tell_is_no_error(tara):
    assert notify(user_ids=[], kind="news", title="Hello") == 0
    assert notify(user_ids=[tara.pk], kind="news", title="Hello", actor_id=tara.pk) == 0


def test_a_long_title_is_cut(sam):
    assert len(create_notification(sam, "x" * 300).title) == 255


def _crowd(size):
    return [
        user.pk
        for user in User.objects.bulk_create(
            User(email=f"p{n}@alpha.school", full_name=f"Person {n}") for n in range(size)
        )
    ]


def test_a_chunk_costs_the_same_whatever_it_holds(alpha, django_assert_num_queries, pipelined):
    for size in (3, 40):
        User.objects.all().delete()
        people = _crowd(size)
        notify(user_ids=people, kind="news", title="Warm up")  # makes the streams

        pipelined.clear()
        # savepoint, people, insert, kept, entries, release
        with django_assert_num_queries(6):
            assert notify(user_ids=people, kind="news", title="Hello") == size
        assert len(pipelined) == 1  # the heads


def test_what_broke_off_is_taken_up_where_it_stopped(alpha, monkeypatch):
    monkeypatch.setattr(services, "CHUNK", 10)
    people = sorted(_crowd(35))
    tell = partial(notify, kind="news", title="Hello", subject_key="thing:1")
    tell(user_ids=people[:20])

    assert tell(user_ids=people) == 15
    assert tell(user_ids=people) == 0

    assert Notification.objects.count() == 35
    assert all(len(entries(f"user:{person}")) == 1 for person in people)


def test_told_by_many_at_once_everyone_hears_once(alpha_committed):
    people = _crowd(30)
    tell = partial(notify, user_ids=people, kind="news", title="Hello", subject_key="thing:1")

    outcomes = at_once(alpha_committed, *[tell] * 4)

    assert sum(outcomes) == 30
    assert Notification.objects.count() == 30
    assert all(len(entries(f"user:{person}")) == 1 for person in people)


def test_without_passing_over_conflicts_telling_at_once_fails(alpha_committed, monkeypatch):
    """The control of the test above: the insert takes no notice of who was quicker."""
    people = _crowd(30)
    insert = Notification.objects.bulk_create
    monkeypatch.setattr(
        Notification.objects, "bulk_create", lambda rows, ignore_conflicts: insert(rows)
    )
    tell = partial(notify, user_ids=people, kind="news", title="Hello", subject_key="thing:1")

    outcomes = at_once(alpha_committed, *[tell] * 4)

    assert sum(isinstance(outcome, IntegrityError) for outcome in outcomes) == 3


@pytest.mark.parametrize("name", ["sam", "tara"])
def test_an_inbox_of_the_other_school_is_another_inbox(name, alpha, beta, request):
    user = request.getfixturevalue(name)
    create_notification(user)

    with in_tenant(beta):
        assert Notification.objects.count() == 0
        assert entries(f"user:{user.pk}") == []
        create_user("bea", email="bea@beta.school")
        assert notify(user_ids=[user.pk], kind="news", title="Hello") == 0
