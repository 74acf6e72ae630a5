"""Reads that start from what the person may see: what they may not see does not exist."""

import uuid
from collections.abc import Iterable, Sequence
from typing import Any

from django.db import connection
from django.db.models import Exists, OuterRef, Q, QuerySet

from lms.accounts.models import User
from lms.core.errors import NotFound
from lms.messaging.models import Conversation, Member, Message
from lms.messaging.rendering import render_message

# The reading rule, once for a person (`conversations_visible_to`) and once for many pairs.
_READABLE = """
    SELECT w.user_id, w.conversation_id
    FROM unnest(%s::uuid[], %s::uuid[]) AS w(user_id, conversation_id)
    JOIN messaging_conversation c ON c.id = w.conversation_id
    JOIN accounts_user u ON u.id = w.user_id AND u.is_active
    WHERE c.open_to_tenant
       OR (u.role = 'admin' AND c.kind <> 'direct')
       OR EXISTS (SELECT 1 FROM messaging_member m
                  WHERE m.user_id = w.user_id AND m.audience_id = c.audience_id)
       OR EXISTS (SELECT 1 FROM messaging_conversation_shared_with s
                  JOIN messaging_member m ON m.audience_id = s.audience_id
                  WHERE s.conversation_id = c.id AND m.user_id = w.user_id)
"""

MOST_UNREAD = 100
_UNREAD = """
    SELECT c.id, (
        SELECT count(*) FROM (
            SELECT FROM messaging_message m
            WHERE m.conversation_id = c.id AND m.sender_id <> %s AND m.deleted_at IS NULL
              AND m."offset" > coalesce(
                  (SELECT r."offset" FROM messaging_readmarker r
                   WHERE r.conversation_id = c.id AND r.user_id = %s), 0)
            LIMIT %s
        ) AS unread
    )
    FROM unnest(%s::uuid[]) AS c(id)
"""

MOST_REACTORS = 100
_REACTIONS = """
    SELECT message_id, emoji, count(*), (array_agg(user_id::text ORDER BY user_id))[1:%s]
    FROM messaging_reaction WHERE message_id = ANY(%s)
    GROUP BY message_id, emoji ORDER BY message_id, emoji COLLATE "C"
"""


def conversations_visible_to(user: User) -> QuerySet[Conversation]:
    """Open ones, those of the person's audiences, and for admins all but others' direct ones."""
    mine = Member.objects.filter(user=user)
    visible = (
        Q(open_to_tenant=True)
        | Exists(mine.filter(audience_id=OuterRef("audience_id")))
        | Exists(
            Conversation.shared_with.through.objects.filter(
                conversation_id=OuterRef("pk"),
                audience__members__user=user,
            )
        )
    )
    if user.is_tenant_admin:
        visible |= ~Q(kind=Conversation.Kind.DIRECT)
    return Conversation.objects.filter(visible)


def get_conversation(*, user: User, conversation_id: uuid.UUID) -> Conversation:
    """One conversation the person can read. Raises NotFound."""
    conversation = conversations_visible_to(user).filter(pk=conversation_id).first()
    if conversation is None:
        raise NotFound
    return conversation


def find_member(*, user: User, audience_id: uuid.UUID) -> Member | None:
    """The person's own membership of the audience, with its role."""
    return Member.objects.filter(user=user, audience_id=audience_id).first()


def readable_pairs(
    pairs: Iterable[tuple[uuid.UUID, uuid.UUID]],
) -> set[tuple[uuid.UUID, uuid.UUID]]:
    """Of (user id, conversation id) pairs, those that may be read now. One query for all."""
    wanted = list(pairs)
    with connection.cursor() as cursor:
        cursor.execute(_READABLE, [[user for user, _ in wanted], [topic for _, topic in wanted]])
        return set(cursor.fetchall())


def audience_pairs(
    pairs: Iterable[tuple[uuid.UUID, uuid.UUID]],
) -> set[tuple[uuid.UUID, uuid.UUID]]:
    """Of (user id, audience id) pairs, those where the person is a member now. One query."""
    wanted = list(pairs)
    rows = Member.objects.filter(
        user_id__in={user for user, _ in wanted},
        audience_id__in={audience for _, audience in wanted},
    ).values_list("user_id", "audience_id")
    return set(wanted) & set(rows)


def direct_key(one: uuid.UUID, other: uuid.UUID) -> str:
    """The same for both, whoever asks."""
    return ":".join(sorted((str(one), str(other))))


def get_message(*, user: User, message_id: uuid.UUID, lock: bool = False) -> Message:
    """One message of a conversation the person can read, deleted ones too. Raises NotFound."""
    messages = Message.objects.select_related("sender", "conversation")
    if lock:
        messages = messages.select_for_update(of=("self",), no_key=True)
    message = messages.filter(pk=message_id).first()
    if message is None:
        raise NotFound
    if not conversations_visible_to(user).filter(pk=message.conversation_id).exists():
        raise NotFound
    return message


def history(
    *,
    user: User,
    conversation_id: uuid.UUID,
    before: int | None = None,
    after: int | None = None,
    limit: int = 50,
) -> list[dict[str, Any]]:
    """A page of messages as they are now, newest first; three queries.

    Without bounds the newest; with `before` the nearest below that offset, with `after` the
    nearest above it. Raises NotFound.
    """
    conversation = get_conversation(user=user, conversation_id=conversation_id)
    messages = Message.objects.filter(conversation=conversation).select_related("sender")
    if before is not None:
        messages = messages.filter(offset__lt=before)
    if after is not None:
        page = list(messages.filter(offset__gt=after).order_by("offset")[:limit])
        page.reverse()
    else:
        page = list(messages.order_by("-offset")[:limit])
    return render_messages(page)


def render_messages(messages: Sequence[Message]) -> list[dict[str, Any]]:
    """Messages whose senders are loaded, with their reactions by one query."""
    reactions = reactions_of([message.pk for message in messages])
    return [render_message(message, reactions.get(message.pk, ())) for message in messages]


def reactions_of(message_ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, list[dict[str, Any]]]:
    """`[{"emoji", "count", "user_ids"}]` by message, sorted; at most 100 ids for each emoji."""
    found: dict[uuid.UUID, list[dict[str, Any]]] = {}
    if not message_ids:
        return found
    with connection.cursor() as cursor:
        cursor.execute(_REACTIONS, [MOST_REACTORS, list(message_ids)])
        for message_id, emoji, count, user_ids in cursor.fetchall():
            reaction = {"emoji": emoji, "count": count, "user_ids": user_ids}
            found.setdefault(message_id, []).append(reaction)
    return found


def unread_counts(user: User, conversation_ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, int]:
    """Messages by others after the person's read marker, counted up to 100. One query."""
    with connection.cursor() as cursor:
        cursor.execute(_UNREAD, [user.pk, user.pk, MOST_UNREAD, list(conversation_ids)])
        return dict(cursor.fetchall())
