"""Who belongs to an audience. Trusted: groups, courses and forums ask permission and keep
their own rules; here the membership changes, its conversation's stream and the facts say so.
"""

import uuid
from typing import Any

from django.db import IntegrityError, transaction

from lms.activitylog.events import publish
from lms.messaging.errors import MemberNotFound
from lms.messaging.events import MemberAdded, MemberRemoved
from lms.messaging.models import Conversation, Member
from lms.streams.services import append


@transaction.atomic
def add_member(*, audience_id: uuid.UUID, user_id: uuid.UUID, role: str) -> Member:
    """The person's membership. Someone who is a member already stays what they are."""
    member = Member(audience_id=audience_id, user_id=user_id, role=role)
    try:
        with transaction.atomic():
            member.save(force_insert=True)
    except IntegrityError:
        return Member.objects.select_related("user").get(audience_id=audience_id, user_id=user_id)

    publish(MemberAdded(audience_id=str(audience_id), user_id=str(user_id)))
    _tell(
        member,
        "member.joined",
        name=member.user.full_name,
        avatar=member.user.avatar_url,
        role=member.role,
    )
    return member


@transaction.atomic
def remove_member(*, audience_id: uuid.UUID, user_id: uuid.UUID) -> None:
    """The person is no member afterwards; nothing happens if they were none."""
    member = _find_locked(audience_id, user_id)
    if member is None:
        return
    Member.objects.filter(pk=member.pk).delete()
    publish(MemberRemoved(audience_id=str(audience_id), user_id=str(user_id)))
    _tell(member, "member.left")


@transaction.atomic
def change_role(*, audience_id: uuid.UUID, user_id: uuid.UUID, role: str) -> Member:
    """Raises MemberNotFound."""
    member = _find_locked(audience_id, user_id)
    if member is None:
        raise MemberNotFound
    if member.role != role:
        member.role = role
        member.save(update_fields=["role"])
        _tell(member, "member.changed", role=role)
    return member


def _find_locked(audience_id: uuid.UUID, user_id: uuid.UUID) -> Member | None:
    return (
        Member.objects.select_for_update(of=("self",))
        .select_related("user")
        .filter(audience_id=audience_id, user_id=user_id)
        .first()
    )


def _tell(member: Member, type_: str, **more: Any) -> None:
    """An entry in the audience's own conversation; a course's audience has none."""
    conversation = Conversation.objects.filter(audience_id=member.audience_id).first()
    if conversation is not None:
        payload = {"user_id": str(member.user_id), **more}
        append(stream=conversation.stream, type=type_, payload=payload)
