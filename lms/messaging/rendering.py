"""What a message looks like on the wire: in pushes, history and REST, one shape."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from lms.messaging.models import Message


def wire_time(moment: datetime | None) -> str | None:
    if moment is None:
        return None
    return moment.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def render_message(message: Message, reactions: Iterable[dict[str, Any]] = ()) -> dict[str, Any]:
    """`message.sender` must be loaded. A deleted message keeps its place and loses its content.

    `offset` is where the sending stands in the stream; edits do not move a message.
    """
    deleted = message.deleted_at is not None
    return {
        "id": str(message.pk),
        "conversation": str(message.conversation_id),
        "offset": message.offset,
        "client_id": message.client_id,
        "author": {
            "id": str(message.sender_id),
            "name": message.sender.full_name,
            "avatar": message.sender.avatar_url,
        },
        "content": "" if deleted else message.content,
        "reply_to": str(message.reply_to_id) if message.reply_to_id else None,
        "attachments": [] if deleted else message.attachments,
        "created_at": wire_time(message.created_at),
        "edited_at": wire_time(message.edited_at),
        "deleted": deleted,
        "reactions": [] if deleted else list(reactions),
    }
