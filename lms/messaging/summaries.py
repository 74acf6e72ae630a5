"""Conversations as a list shows them: whom with, the newest message, what is unread.

The number of queries is the same for any number of conversations.
"""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.db.models import F, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce

from lms.accounts.models import User
from lms.messaging.models import Conversation, Member, Message, ReadMarker
from lms.messaging.permissions import can_moderate, can_post
from lms.messaging.rendering import wire_time
from lms.messaging.selectors import conversations_visible_to, render_messages, unread_counts

_LAST = """
    SELECT last.id FROM unnest(%s::uuid[]) AS c(id), LATERAL (
        SELECT m.id FROM messaging_message m WHERE m.conversation_id = c.id
        ORDER BY m."offset" DESC LIMIT 1
    ) AS last
"""
# Everybody of the own audience and of those it is shared with, each once.
_MEMBERS = """
    SELECT c.id, count(DISTINCT m.user_id)
    FROM messaging_conversation c
    LEFT JOIN messaging_conversation_shared_with s ON s.conversation_id = c.id
    JOIN messaging_member m ON m.audience_id IN (c.audience_id, s.audience_id)
    WHERE c.id = ANY(%s) GROUP BY c.id
"""


def conversations_listed_for(user: User, *, kind: str = "") -> QuerySet[Conversation]:
    """All the person can read, the one with the newest message first."""
    conversations = conversations_visible_to(user)
    if kind:
        conversations = conversations.filter(kind=kind)
    newest = Message.objects.filter(conversation=OuterRef("pk")).order_by("-offset")
    active_at = Coalesce(Subquery(newest.values("created_at")[:1]), F("created_at"))
    return conversations.alias(active_at=active_at).order_by("-active_at", "-pk")


def summarize(user: User, conversations: Sequence[Conversation]) -> list[dict[str, Any]]:
    """One summary for each, in their order."""
    facts = _gather(user, [conversation.pk for conversation in conversations])
    return [_summary(user, conversation, facts) for conversation in conversations]


@dataclass(frozen=True, slots=True)
class _Facts:
    last_messages: dict[uuid.UUID, dict[str, Any]]
    members_counts: dict[uuid.UUID, int]
    unread: dict[uuid.UUID, int]
    read: dict[uuid.UUID, int]
    mine: dict[uuid.UUID, Member]
    partners: dict[uuid.UUID, User]


def _gather(user: User, ids: list[uuid.UUID]) -> _Facts:
    mine = Member.objects.filter(user=user, audience__conversation__in=ids)
    partners = (
        Member.objects.filter(
            audience__conversation__in=ids,
            audience__conversation__kind=Conversation.Kind.DIRECT,
        )
        .exclude(user=user)
        .select_related("user")
    )
    markers = ReadMarker.objects.filter(user=user, conversation__in=ids)
    return _Facts(
        last_messages=_last_messages(ids),
        members_counts=_members_counts(ids),
        unread=unread_counts(user, ids),
        read=dict(markers.values_list("conversation_id", "offset")),
        mine={member.audience_id: member for member in mine},
        partners={member.audience_id: member.user for member in partners},
    )


def _last_messages(ids: list[uuid.UUID]) -> dict[uuid.UUID, dict[str, Any]]:
    with connection.cursor() as cursor:
        cursor.execute(_LAST, [ids])
        message_ids = [row[0] for row in cursor.fetchall()]
    messages = list(Message.objects.filter(pk__in=message_ids).select_related("sender"))
    rendered = render_messages(messages)
    return {
        message.conversation_id: shown for message, shown in zip(messages, rendered, strict=True)
    }


def _members_counts(ids: list[uuid.UUID]) -> dict[uuid.UUID, int]:
    with connection.cursor() as cursor:
        cursor.execute(_MEMBERS, [ids])
        return dict(cursor.fetchall())


def _summary(user: User, conversation: Conversation, facts: _Facts) -> dict[str, Any]:
    member = facts.mine.get(conversation.audience_id)
    partner = facts.partners.get(conversation.audience_id)
    return {
        "id": str(conversation.pk),
        "topic": conversation.stream,
        "kind": conversation.kind,
        "title": conversation.title or (partner.full_name if partner else ""),
        "direct_with": _person(partner) if partner else None,
        "is_active": conversation.closed_at is None,
        "open_to_tenant": conversation.open_to_tenant,
        "posting": conversation.posting,
        "my_role": member.role if member else None,
        "can_post": can_post(user, conversation, member),
        "can_moderate": can_moderate(user, conversation, member),
        "members_count": facts.members_counts.get(conversation.pk, 0),
        "unread_count": facts.unread[conversation.pk],
        "read_offset": facts.read.get(conversation.pk, 0),
        "last_message": facts.last_messages.get(conversation.pk),
        "created_at": wire_time(conversation.created_at),
        "updated_at": wire_time(conversation.updated_at),
    }


def _person(user: User) -> dict[str, str]:
    return {"id": str(user.pk), "name": user.full_name, "avatar": user.avatar_url}
