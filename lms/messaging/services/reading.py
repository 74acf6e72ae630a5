"""How far people have read."""

import uuid

from django.db import connection, transaction

from lms.accounts.models import User
from lms.core.ids import uuid7
from lms.messaging.models import ReadMarker
from lms.messaging.selectors import get_conversation
from lms.streams.selectors import get_position
from lms.streams.services import append

# Where more people read along, telling everyone of every reader would cost the square of them.
MAX_RECEIPTS = 50

# Answers a row only where the marker moved forward.
_MOVE = """
    INSERT INTO messaging_readmarker AS r (id, conversation_id, user_id, "offset", updated_at)
    VALUES (%s, %s, %s, %s, now())
    ON CONFLICT (conversation_id, user_id) DO UPDATE
    SET "offset" = excluded."offset", updated_at = now() WHERE r."offset" < excluded."offset"
    RETURNING "offset"
"""


@transaction.atomic
def mark_read(*, actor: User, conversation_id: uuid.UUID, offset: int) -> int:
    """Everything up to the offset is read. Returns where the marker stands; it never goes back.

    An offset beyond the newest means the newest. While at most 50 people read along, all of
    them see it (`read.marked`). Raises NotFound.
    """
    conversation = get_conversation(user=actor, conversation_id=conversation_id)
    offset = max(0, min(offset, get_position(conversation.stream).offset))
    if not _move(actor, conversation_id, offset):
        return ReadMarker.objects.get(conversation=conversation, user=actor).offset
    if _readers(conversation_id) <= MAX_RECEIPTS:
        payload = {"user_id": str(actor.pk), "offset": offset}
        append(stream=conversation.stream, type="read.marked", payload=payload)
    return offset


def _move(actor: User, conversation_id: uuid.UUID, offset: int) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(_MOVE, [uuid7(), conversation_id, actor.pk, offset])
        return cursor.fetchone() is not None


def _readers(conversation_id: uuid.UUID) -> int:
    """Counted no further than it matters."""
    markers = ReadMarker.objects.filter(conversation_id=conversation_id)
    return markers[: MAX_RECEIPTS + 1].count()
