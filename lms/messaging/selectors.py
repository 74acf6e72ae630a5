"""Reads that start from what the person may see: what they may not see does not exist."""

import uuid
from collections.abc import Iterable

from django.db import connection
from django.db.models import Exists, OuterRef, Q, QuerySet

from lms.accounts.models import User
from lms.core.errors import NotFound
from lms.messaging.models import Conversation, Member

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


def get_conversation(
    *, user: User, conversation_id: uuid.UUID
) -> Conversation:
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
        user_id__in={user for user, _ in wanted}, audience_id__in={audience for _, audience in wanted}
    ).values_list("user_id", "audience_id")
    return set(wanted) & set(rows)
