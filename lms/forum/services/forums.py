"""The life of a forum: create, change, share, close, open again."""

import uuid
from collections.abc import Sequence
from typing import Any

from django.db import transaction

from lms.accounts.models import User
from lms.auditlog.services import record
from lms.core.errors import InvalidField
from lms.core.permissions import require
from lms.forum.errors import ForumCreationNotAllowed
from lms.forum.models import Forum
from lms.forum.permissions import can_create_forum, can_edit_forum
from lms.forum.selectors import get_forum, group_ids_of
from lms.groups.selectors import groups_of
from lms.messaging.models import Audience, Conversation, Member
from lms.messaging.selectors import find_member
from lms.messaging.services import conversations
from lms.messaging.services.audiences import add_member

MAX_GROUPS = 50


@transaction.atomic
def create_forum(
    *,
    actor: User,
    title: str,
    description: str = "",
    group_ids: Sequence[uuid.UUID] = (),
    open_to_tenant: bool | None = None,
    posting: str = Conversation.Posting.EVERYONE,
    is_active: bool = True,
) -> Forum:
    """A forum owned by the actor. Shared with no group it is open to all, unless said otherwise.

    Raises ForumCreationNotAllowed, InvalidField for a group the actor does not know.
    """
    if not can_create_forum(actor):
        raise ForumCreationNotAllowed
    audiences = _audiences(actor, group_ids)
    conversation = conversations.create_conversation(
        kind=Conversation.Kind.FORUM,
        title=title,
        open_to_tenant=not audiences if open_to_tenant is None else open_to_tenant,
        posting=posting,
        shared_with=audiences,
    )
    forum = Forum.objects.create(
        id=conversation.pk, conversation=conversation, description=description, created_by=actor
    )
    add_member(audience_id=conversation.audience_id, user_id=actor.pk, role=Member.Role.OWNER)
    if not is_active:
        conversations.close_conversation(conversation_id=conversation.pk)
    record(actor=actor, action="forum.created", target=forum, details={"title": title})
    return get_forum(user=actor, forum_id=forum.pk)


@transaction.atomic
def update_forum(*, actor: User, forum_id: uuid.UUID, changes: dict[str, Any]) -> Forum:
    """`changes` may hold title, description, group_ids, open_to_tenant, posting, is_active.

    Raises NotFound, PermissionDenied, InvalidField.
    """
    forum = _get_to_edit(actor, forum_id)
    if "title" in changes:
        conversations.rename_conversation(conversation_id=forum_id, title=changes["title"])
    if "posting" in changes:
        conversations.change_posting(conversation_id=forum_id, posting=changes["posting"])
    if "group_ids" in changes or "open_to_tenant" in changes:
        _share(actor, forum, changes)
    if "is_active" in changes:
        opens = changes["is_active"]
        move = conversations.reopen_conversation if opens else conversations.close_conversation
        move(conversation_id=forum_id)
    if "description" in changes:
        forum.description = changes["description"]
    forum.save(update_fields=["description", "updated_at"])
    record(actor=actor, action="forum.updated", target=forum, details=_plain(changes))
    return get_forum(user=actor, forum_id=forum_id)


@transaction.atomic
def close_forum(*, actor: User, forum_id: uuid.UUID) -> None:
    """Nobody writes any more; reading stays. Raises NotFound, PermissionDenied."""
    forum = _get_to_edit(actor, forum_id)
    conversations.close_conversation(conversation_id=forum_id)
    record(actor=actor, action="forum.closed", target=forum)


def _get_to_edit(actor: User, forum_id: uuid.UUID) -> Forum:
    forum = get_forum(user=actor, forum_id=forum_id)
    audience_id = forum.conversation.audience_id
    require(can_edit_forum(actor, find_member(user=actor, audience_id=audience_id)))
    return forum


def _share(actor: User, forum: Forum, changes: dict[str, Any]) -> None:
    """Groups it is shared with already may stay, also those the actor does not know."""
    before = group_ids_of(forum)
    group_ids = changes.get("group_ids", before)
    audiences = _audiences(actor, group_ids, also=before)
    conversations.share_conversation(
        conversation_id=forum.pk,
        audiences=[*audiences, *_courses(forum)],
        open_to_tenant=changes.get("open_to_tenant", not group_ids),
    )


def _courses(forum: Forum) -> list[Audience]:
    """Audiences that are no group's are not this door's to take away."""
    shared = forum.conversation.shared_with.all()
    return [audience for audience in shared if not hasattr(audience, "conversation")]


def _audiences(
    actor: User, group_ids: Sequence[uuid.UUID], *, also: Sequence[uuid.UUID] = ()
) -> list[Audience]:
    wanted = set(group_ids)
    if len(wanted) > MAX_GROUPS:
        raise InvalidField("group_ids", f"A forum is shared with at most {MAX_GROUPS} groups.")
    known = set(groups_of(actor).filter(pk__in=wanted).values_list("pk", flat=True))
    unknown = wanted - known - set(also)
    if unknown:
        raise InvalidField("group_ids", f"There is no group {min(map(str, unknown))}.")
    return list(Audience.objects.filter(conversation__in=wanted))


def _plain(changes: dict[str, Any]) -> dict[str, Any]:
    """As JSON keeps it."""
    if "group_ids" not in changes:
        return changes
    return {**changes, "group_ids": [str(group_id) for group_id in changes["group_ids"]]}
