"""Changing and deleting messages. The row is the state; the stream keeps what happened."""

import uuid

from django.db import transaction
from django.utils import timezone

from lms.accounts.models import User
from lms.auditlog.services import record
from lms.core.permissions import require
from lms.messaging.checks import check_content
from lms.messaging.errors import ConversationClosed, MessageDeleted
from lms.messaging.models import Message, MessageVersion
from lms.messaging.permissions import can_delete_message, can_edit_message
from lms.messaging.rendering import render_message
from lms.messaging.selectors import find_member, get_message, reactions_of
from lms.streams.entries import Appended
from lms.streams.services import append


@transaction.atomic
def edit_message(*, actor: User, message_id: uuid.UUID, content: str) -> Appended:
    """Say something else in one's own message; what it said before is kept as a version.

    Raises NotFound, PermissionDenied, MessageDeleted, ConversationClosed, and what
    `check_content` raises.
    """
    message = get_message(user=actor, message_id=message_id, lock=True)
    check_content(content, message.attachments)
    if message.deleted_at is not None:
        raise MessageDeleted
    require(can_edit_message(actor, message))
    if message.conversation.closed_at is not None:
        raise ConversationClosed

    MessageVersion.objects.create(message=message, content=message.content)
    message.content = content
    message.edited_at = timezone.now()
    message.save(update_fields=["content", "edited_at"])

    reactions = reactions_of([message.pk]).get(message.pk, ())
    return append(
        stream=message.conversation.stream,
        type="message.edited",
        payload=render_message(message, reactions),
    )


@transaction.atomic
def delete_message(*, actor: User, message_id: uuid.UUID) -> Appended:
    """Take a message's content away; its place stays. Authors and moderators may.

    Raises NotFound, PermissionDenied, MessageDeleted.
    """
    message = get_message(user=actor, message_id=message_id, lock=True)
    if message.deleted_at is not None:
        raise MessageDeleted
    conversation = message.conversation
    member = find_member(user=actor, audience_id=conversation.audience_id)
    require(can_delete_message(actor, message, conversation, member))

    message.deleted_at = timezone.now()
    message.save(update_fields=["deleted_at"])

    if message.sender_id != actor.pk:
        record(actor=actor, action="message.deleted", target=message)
    return _append_deleted(actor, message)


def _append_deleted(actor: User, message: Message) -> Appended:
    payload = {"id": str(message.pk), "offset": message.offset, "deleted_by": str(actor.pk)}
    return append(stream=message.conversation.stream, type="message.deleted", payload=payload)
