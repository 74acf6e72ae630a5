"""Two people change the members of one group at the same moment."""

import threading

import pytest
from django.db import connection, transaction

from lms.groups.errors import AlreadyMember, GroupIsClosed, LastOwner
from lms.groups.services.groups import close_group
from lms.groups.services.members import (
    _require_another_owner,
    add_group_member,
    change_member_role,
    leave_group,
)
from lms.messaging.models import Member
from tests.factories.accounts import create_user
from tests.factories.groups import create_group
from tests.lms.messaging.threads import at_once, errors_in


@pytest.fixture
def owners(alpha_committed):
    return [create_user(name) for name in ("tara", "tom")]


@pytest.fixture
def group(owners):
    """With two owners."""
    group = create_group(*owners)
    Member.objects.update(role=Member.Role.OWNER)
    return group


def owners_left(group):
    return Member.objects.filter(audience_id=group.audience_id, role="owner").count()


def test_of_two_last_owners_who_leave_together_one_stays(alpha_committed, group, owners):
    acts = [lambda who=who: leave_group(actor=who, group_id=group.pk) for who in owners]

    results = at_once(alpha_committed, *acts)

    assert [type(error) for error in errors_in(results)] == [LastOwner]
    assert owners_left(group) == 1


def test_of_two_last_owners_who_step_down_together_one_stays(alpha_committed, group, owners):
    members = {who: Member.objects.get(user=who) for who in owners}
    acts = [
        lambda who=who: change_member_role(actor=who, member_id=members[who].pk, role="member")
        for who in owners
    ]

    results = at_once(alpha_committed, *acts)

    assert [type(error) for error in errors_in(results)] == [LastOwner]
    assert owners_left(group) == 1


def test_control_without_the_groups_lock_both_leave(alpha_committed, group, owners):
    both_have_counted = threading.Barrier(2)

    def leave(who):
        with transaction.atomic():
            member = Member.objects.get(user=who)
            _require_another_owner(member)
            both_have_counted.wait(timeout=10)
            member.delete()

    results = at_once(alpha_committed, *[lambda who=who: leave(who) for who in owners])

    assert errors_in(results) == []
    assert owners_left(group) == 0


def test_somebody_added_by_two_at_once_is_one_member(alpha_committed, group, owners):
    sam = create_user("sam")
    acts = [
        lambda who=who: add_group_member(actor=who, group_id=group.pk, user_id=str(sam.pk))
        for who in owners
    ]

    results = at_once(alpha_committed, *acts)

    assert [type(error) for error in errors_in(results)] == [AlreadyMember]
    assert Member.objects.filter(user=sam).count() == 1


def test_who_waits_for_a_group_that_is_being_closed_is_not_let_in(alpha_committed, group, owners):
    sam = create_user("sam")

    is_closing = threading.Event()

    def close():
        with transaction.atomic():
            close_group(actor=owners[0], group_id=group.pk)
            is_closing.set()
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_sleep(0.4)")  # the other one comes to wait meanwhile

    def add():
        is_closing.wait(timeout=10)
        return add_group_member(actor=owners[1], group_id=group.pk, user_id=str(sam.pk))

    results = at_once(alpha_committed, close, add)

    assert [type(error) for error in errors_in(results)] == [GroupIsClosed]
    assert not Member.objects.filter(user=sam).exists()
