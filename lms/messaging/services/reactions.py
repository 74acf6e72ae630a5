"""Reactions. The message's row is locked, so the count in each entry is the count there was."""

import uuid

from django.db import transaction

from lms.accounts.models import User
from lms.messaging.checks import check_emoji
from lms.messaging.errors import ConversationClosed, MessageDeleted, TooManyReactions
from lms.messaging.models import Message, Reaction
from lms.messaging.selectors import get_message
from lms.streams.entries import Appended
from lms.streams.services import append

MAX_EMOJIS = 20


@transaction.atomic
def add_reaction(*, actor: User, message_id: uuid.UUID, emoji: str) -> Appended | None:
    """React to a message one can read. None if this reaction was there already.

    Raises NotFound, InvalidField, MessageDeleted, ConversationClosed, TooManyReactions.
    """
    message = _locked(actor, message_id, emoji)
    others = set(message.reactions.values_list("emoji", flat=True).distinct())
    if len(others - {emoji}) >= MAX_EMOJIS:
        raise TooManyReactions
    _, created = Reaction.objects.get_or_create(message=message, user=actor, emoji=emoji)
    return _append("reaction.added", message, actor, emoji) if created else None


@transaction.atomic
def remove_reaction(*, actor: User, message_id: uuid.UUID, emoji: str) -> Appended | None:
    """Take one's own reaction back. None if there was none. Raises as `add_reaction` does."""
    message = _locked(actor, message_id, emoji)
    deleted, _ = Reaction.objects.filter(message=message, user=actor, emoji=emoji).delete()
    return _append("reaction.removed", message, actor, emoji) if deleted else None


def _locked(actor: User, message_id: uuid.UUID, emoji: str) -> Message:
    check_emoji(emoji)
    message = get_message(user=actor, message_id=message_id, lock=True)
    if message.deleted_at is not None:
        raise MessageDeleted
    if message.conversation.closed_at is not None:
        raise ConversationClosed
    return message


def _append(type_: str, message: Message, actor: User, emoji: str) -> Appended:
    payload = {
        "message_id": str(message.pk),
        "emoji": emoji,
        "user_id": str(actor.pk),
        "count": message.reactions.filter(emoji=emoji).count(),
    }
    return append(stream=message.conversation.stream, type=type_, payload=payload)
