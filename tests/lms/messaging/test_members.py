"""Members and direct conversations: each service's promises and refusals."""

import pytest

from lms.core.ids import uuid7
from lms.messaging.errors import (
    DirectMessagesNotAllowed,
    MemberNotFound,
    RecipientIsSender,
    RecipientNotFound,
)
from lms.messaging.events import DirectConversationStarted, MemberAdded, MemberRemoved
from lms.messaging.models import Conversation, Member
from lms.messaging.services.audiences import add_member, change_role, remove_member
from lms.messaging.services.conversations import find_or_create_direct
from tenants.selectors import forget
from tenants.services import update_settings
from tests.factories.accounts import create_user
from tests.factories.messaging import create_audience, create_closed_circle
from tests.lms.messaging.looking import entries


def test_adding_somebody_twice_is_one_membership_told_once(
    sam, heard, django_capture_on_commit_callbacks
):
    circle, facts = create_closed_circle(), heard(MemberAdded)

    with django_capture_on_commit_callbacks(execute=True):
        first = add_member(audience_id=circle.audience_id, user_id=sam.pk, role="owner")
        again = add_member(audience_id=circle.audience_id, user_id=sam.pk, role="member")

    assert (again.pk, again.role) == (first.pk, "owner")
    assert facts == [MemberAdded(audience_id=str(circle.audience_id), user_id=str(sam.pk))]
    assert entries(circle) == [
        ("member.joined", {
            "user_id": str(sam.pk), "name": sam.full_name, "avatar": "", "role": "owner",
        }),
    ]  # fmt: skip


def test_removing_who_is_no_member_is_told_to_nobody(
    sam, sven, heard, django_capture_on_commit_callbacks
):
    circle, facts = create_closed_circle(sam), heard(MemberRemoved)

    with django_capture_on_commit_callbacks(execute=True):
        remove_member(audience_id=circle.audience_id, user_id=sven.pk)
        remove_member(audience_id=circle.audience_id, user_id=sam.pk)
        remove_member(audience_id=circle.audience_id, user_id=sam.pk)

    assert facts == [MemberRemoved(audience_id=str(circle.audience_id), user_id=str(sam.pk))]
    assert [type_ for type_, _ in entries(circle)] == ["member.joined", "member.left"]


def test_a_role_changes_once_and_only_for_members(sam, sven):
    circle = create_closed_circle(sam)

    change_role(audience_id=circle.audience_id, user_id=sam.pk, role="member")
    change_role(audience_id=circle.audience_id, user_id=sam.pk, role="member")

    assert [type_ for type_, _ in entries(circle)] == ["member.joined", "member.changed"]
    with pytest.raises(MemberNotFound):
        change_role(audience_id=circle.audience_id, user_id=sven.pk, role="owner")


def test_an_audience_without_a_conversation_has_members_and_no_stream(sam):
    audience = create_audience()

    add_member(audience_id=audience.pk, user_id=sam.pk, role="member")
    remove_member(audience_id=audience.pk, user_id=sam.pk)

    assert not Member.objects.exists()


def test_a_direct_conversation_is_one_for_both_and_started_once(
    sam, sven, heard, django_capture_on_commit_callbacks
):
    facts = heard(DirectConversationStarted)

    with django_capture_on_commit_callbacks(execute=True):
        first = find_or_create_direct(actor=sam, recipient_id=sven.pk)
        again = find_or_create_direct(actor=sven, recipient_id=sam.pk)

    assert first == again
    assert facts == [
        DirectConversationStarted(
            conversation_id=str(first.pk), starter_id=str(sam.pk), recipient_id=str(sven.pk)
        )
    ]


def test_nobody_talks_to_oneself_to_nobody_or_to_who_is_gone(sam):
    gone = create_user("gone", is_active=False)

    with pytest.raises(RecipientIsSender):
        find_or_create_direct(actor=sam, recipient_id=sam.pk)
    for nobody in (uuid7(), gone.pk):
        with pytest.raises(RecipientNotFound):
            find_or_create_direct(actor=sam, recipient_id=nobody)
    assert not Conversation.objects.exists()


@pytest.fixture
def policy(alpha):
    """`policy("staff")` sets who may begin direct conversations."""
    forget()
    yield lambda value: update_settings(schema=alpha, changes={"direct_messages": value})
    forget()


@pytest.mark.parametrize(
    ("setting", "student_to_student", "student_to_teacher"),
    [("everyone", True, True), ("with_staff", False, True), ("staff", False, False)],
)
def test_a_school_decides_who_begins_direct_conversations(
    setting, student_to_student, student_to_teacher, policy, sam, sven, tara
):
    policy(setting)

    def may(sender, recipient):
        try:
            return bool(find_or_create_direct(actor=sender, recipient_id=recipient.pk))
        except DirectMessagesNotAllowed:
            return False

    assert may(sam, sven) == student_to_student
    assert may(sam, tara) == student_to_teacher
    assert may(tara, sam)
    assert may(sam, tara)  # it exists now, and goes on
