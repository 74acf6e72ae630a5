"""The life of a group: create, change, close, open again."""

import uuid
from typing import Any

from django.db import transaction

from lms.accounts.models import User
from lms.auditlog.services import record
from lms.core.permissions import require
from lms.groups.errors import GroupCreationNotAllowed
from lms.groups.models import Group
from lms.groups.permissions import can_create_group, can_manage_group
from lms.groups.policy import group_creation
from lms.groups.selectors import get_listed_group, lock_group
from lms.messaging.models import Conversation, Member
from lms.messaging.selectors import find_member
from lms.messaging.services.audiences import add_member
from lms.messaging.services.conversations import (
    close_conversation,
    create_conversation,
    rename_conversation,
    reopen_conversation,
)


@transaction.atomic
def create_group(
    *,
    actor: User,
    name: str,
    description: str = "",
    kind: str = Group.Kind.SOCIAL,
    join_policy: str = Group.JoinPolicy.INVITE,
    is_active: bool = True,
) -> Group:
    """A group with its chat, owned by the actor. Raises GroupCreationNotAllowed."""
    if not can_create_group(actor, group_creation()):
        raise GroupCreationNotAllowed
    conversation = create_conversation(kind=Conversation.Kind.GROUP, title=name)
    group = Group.objects.create(
        id=conversation.pk,
        conversation=conversation,
        kind=kind,
        description=description,
        join_policy=join_policy,
        created_by=actor,
    )
    add_member(audience_id=conversation.audience_id, user_id=actor.pk, role=Member.Role.OWNER)
    if not is_active:
        close_conversation(conversation_id=conversation.pk)
    record(actor=actor, action="group.created", target=group, details={"name": name})
    return get_listed_group(user=actor, group_id=group.pk)


@transaction.atomic
def update_group(*, actor: User, group_id: uuid.UUID, changes: dict[str, Any]) -> Group:
    """`changes` may hold name, description, kind, join_policy, is_active.

    Raises NotFound, PermissionDenied.
    """
    group = _lock_to_manage(actor, group_id)
    if "name" in changes:
        rename_conversation(conversation_id=group.pk, title=changes["name"])
    if "is_active" in changes:
        move = reopen_conversation if changes["is_active"] else close_conversation
        move(conversation_id=group.pk)
    fields = [name for name in ("description", "kind", "join_policy") if name in changes]
    for name in fields:
        setattr(group, name, changes[name])
    group.save(update_fields=[*fields, "updated_at"])
    record(actor=actor, action="group.updated", target=group, details=changes)
    return get_listed_group(user=actor, group_id=group_id)


@transaction.atomic
def close_group(*, actor: User, group_id: uuid.UUID) -> None:
    """Nobody writes or joins any more; members go on reading. Raises NotFound, PermissionDenied."""
    group = _lock_to_manage(actor, group_id)
    close_conversation(conversation_id=group.pk)
    record(actor=actor, action="group.closed", target=group)


def _lock_to_manage(actor: User, group_id: uuid.UUID) -> Group:
    get_listed_group(user=actor, group_id=group_id)
    group = lock_group(group_id)
    require(can_manage_group(actor, find_member(user=actor, audience_id=group.audience_id)))
    return group
