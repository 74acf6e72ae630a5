"""Coming into a group, leaving it, roles. All of them wait for the group's row."""

import uuid

from django.db import transaction

from lms.accounts.models import User
from lms.accounts.selectors import get_user
from lms.auditlog.services import record
from lms.core.errors import NotFound
from lms.core.permissions import require
from lms.groups.errors import AlreadyMember, GroupIsClosed, LastOwner
from lms.groups.models import Group
from lms.groups.permissions import (
    can_add_member,
    can_join_group,
    can_manage_group,
    can_remove_member,
)
from lms.groups.selectors import get_group_member, get_listed_group, lock_group
from lms.messaging.errors import RecipientNotFound
from lms.messaging.models import Member
from lms.messaging.selectors import find_member
from lms.messaging.services import audiences


@transaction.atomic
def add_group_member(
    *, actor: User, group_id: uuid.UUID, user_id: str, role: str = Member.Role.MEMBER
) -> Member:
    """Bring somebody in by id or external id, or come into an open group oneself.

    Raises NotFound, RecipientNotFound, PermissionDenied, GroupIsClosed, AlreadyMember.
    """
    get_listed_group(user=actor, group_id=group_id)
    group = lock_group(group_id)
    mine = find_member(user=actor, audience_id=group.audience_id)
    person = _find_person(user_id)
    joins = person == actor and role == Member.Role.MEMBER and can_join_group(group)
    require(joins or can_add_member(actor, mine, role))
    if not group.is_active:
        raise GroupIsClosed
    if person is None:
        raise RecipientNotFound
    if find_member(user=person, audience_id=group.audience_id) is not None:
        raise AlreadyMember

    member = audiences.add_member(audience_id=group.audience_id, user_id=person.pk, role=role)
    details = {"user_id": str(person.pk), "role": role}
    record(actor=actor, action="group.member_added", target=group, details=details)
    return member


@transaction.atomic
def change_member_role(*, actor: User, member_id: uuid.UUID, role: str) -> Member:
    """Raises NotFound, PermissionDenied, LastOwner."""
    group, member = _lock_with_member(actor, member_id)
    require(can_manage_group(actor, find_member(user=actor, audience_id=group.audience_id)))
    if role != Member.Role.OWNER:
        _require_another_owner(member)

    member = audiences.change_role(audience_id=group.audience_id, user_id=member.user_id, role=role)
    details = {"user_id": str(member.user_id), "role": role}
    record(actor=actor, action="group.role_changed", target=group, details=details)
    return member


@transaction.atomic
def remove_group_member(*, actor: User, member_id: uuid.UUID) -> None:
    """Leave, or remove somebody. Raises NotFound, PermissionDenied, LastOwner."""
    group, member = _lock_with_member(actor, member_id)
    mine = find_member(user=actor, audience_id=group.audience_id)
    require(can_remove_member(actor, mine, member))
    _require_another_owner(member)

    audiences.remove_member(audience_id=group.audience_id, user_id=member.user_id)
    details = {"user_id": str(member.user_id)}
    record(actor=actor, action="group.member_removed", target=group, details=details)


def leave_group(*, actor: User, group_id: uuid.UUID) -> None:
    """Raises NotFound (also for who is no member), LastOwner."""
    group = get_listed_group(user=actor, group_id=group_id)
    member = find_member(user=actor, audience_id=group.audience_id)
    if member is None:
        raise NotFound
    remove_group_member(actor=actor, member_id=member.pk)


def _find_person(user_id: str) -> User | None:
    try:
        person = get_user(user_id)
    except NotFound:
        return None
    return person if person.is_active else None


def _lock_with_member(actor: User, member_id: uuid.UUID) -> tuple[Group, Member]:
    """The group, locked, and the membership read again under the lock."""
    seen = get_group_member(user=actor, member_id=member_id)
    group = lock_group(seen.audience.conversation.pk)
    return group, get_group_member(user=actor, member_id=member_id)


def _require_another_owner(member: Member) -> None:
    if member.role != Member.Role.OWNER:
        return
    others = Member.objects.filter(audience_id=member.audience_id, role=Member.Role.OWNER)
    if not others.exclude(pk=member.pk).exists():
        raise LastOwner
