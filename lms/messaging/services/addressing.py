"""Sending to somebody rather than into a conversation: a person, or a group by its id."""

import uuid
from collections.abc import Sequence
from typing import Any

from django.db import models, transaction

from lms.accounts.models import User
from lms.accounts.selectors import get_user
from lms.core.errors import NotFound
from lms.core.ids import parse_uuid
from lms.core.permissions import require
from lms.messaging.checks import check_client_id, check_content
from lms.messaging.errors import RecipientNotFound
from lms.messaging.models import Conversation
from lms.messaging.permissions import can_moderate
from lms.messaging.selectors import find_member, get_conversation
from lms.messaging.services.conversations import find_or_create_direct
from lms.messaging.services.sending import Sent, post_message


class MessageType(models.TextChoices):
    """What a recipient's id names."""

    DIRECT = "direct"  # a person, by id or external id
    GROUP = "group"
    ANNOUNCEMENT = "announcement"  # a group, in the voice of those who moderate it


@transaction.atomic
def send_to_recipient(
    *,
    actor: User,
    recipient_id: str,
    message_type: str,
    client_id: str,
    content: str,
    reply_to: uuid.UUID | None = None,
    attachments: Sequence[dict[str, Any]] = (),
) -> Sent:
    """One message. A first one to a person begins their conversation, or neither happens.

    Raises RecipientNotFound, PermissionDenied, what `find_or_create_direct` and what
    `post_message` raise.
    """
    check_content(content, attachments)
    check_client_id(client_id)
    if message_type == MessageType.DIRECT:
        conversation = start_direct(actor=actor, recipient=recipient_id)
    else:
        conversation = _group(actor, recipient_id)
    if message_type == MessageType.ANNOUNCEMENT:
        member = find_member(user=actor, audience_id=conversation.audience_id)
        require(can_moderate(actor, conversation, member))
    return post_message(
        actor=actor,
        conversation_id=conversation.pk,
        client_id=client_id,
        content=content,
        reply_to=reply_to,
        attachments=attachments,
    )


def start_direct(*, actor: User, recipient: str) -> Conversation:
    """`find_or_create_direct` for a person's id or external id."""
    try:
        person = get_user(recipient)
    except NotFound:
        raise RecipientNotFound from None
    return find_or_create_direct(actor=actor, recipient_id=person.pk)


def _group(actor: User, group: str) -> Conversation:
    """A group's id is its conversation's."""
    group_id = parse_uuid(group)
    if group_id is None:
        raise RecipientNotFound
    try:
        conversation = get_conversation(user=actor, conversation_id=group_id)
    except NotFound:
        raise RecipientNotFound from None
    if conversation.kind != Conversation.Kind.GROUP:
        raise RecipientNotFound
    return conversation
