"""Direct messages in the inbox: one notification until it is read, whatever is written meanwhile.

Heard right after the commit of a message, in the sender's thread, so it must stay cheap: forums
and groups cost a look into a dict, a direct message one query while its reader has an unread
notification of the conversation. Nothing waits for Redis. A crash in between loses the
notification of one message and not the message; the next message makes up for it.
"""

import json
import uuid
from collections.abc import Iterable, Sequence
from contextlib import nullcontext
from functools import lru_cache
from typing import Any

from django.db import connection, transaction

from lms.accounts.models import User
from lms.messaging.models import Conversation
from lms.notifications.selectors import unread_of
from lms.notifications.services import mark_read, notify
from lms.streams.entries import Appended
from tenants.context import current_schema, in_tenant

KIND = "message.direct"
PREFIX = "conversation:"
HEARD = ("message.sent", "read.marked")

# By hand, because every direct message waits for it. Asked as columns and not as conditions:
# those PostgreSQL may answer by reading everybody's notifications.
_KNOWS = """
    SELECT m.user_id,
           EXISTS (SELECT FROM notifications_notification n
                   WHERE n.user_id = m.user_id AND n.read_at IS NULL
                     AND n.kind = %s AND starts_with(n.subject_key, %s))
        OR EXISTS (SELECT FROM messaging_readmarker r
                   WHERE r.conversation_id = c.id AND r.user_id = m.user_id AND r."offset" >= %s)
    FROM messaging_conversation c JOIN messaging_member m ON m.audience_id = c.audience_id
    WHERE c.id = %s AND m.user_id <> %s
"""


def hear(schema: str, entries: Sequence[Appended]) -> None:
    """A listener of lms.streams.announce."""
    concerned = [entry for entry in entries if entry.type in HEARD and _is_direct(schema, entry)]
    if not concerned:
        return
    # Entering the schema one is in already would cost two statements.
    with nullcontext() if schema == current_schema() else in_tenant(schema):
        for entry, payload in _last_of_each(concerned):
            if entry.type == "message.sent":
                notify_direct(entry, payload["author"])
            else:
                read_direct(entry, payload)


def notify_direct(entry: Appended, author: dict[str, str]) -> int:
    """Tell those who have neither read so far nor been told already."""
    conversation_id = _conversation_id(entry)
    author_id = uuid.UUID(author["id"])
    return notify(
        user_ids=_untold(conversation_id, entry.offset, author_id),
        kind=KIND,
        title=f"New message from {author['name']}",
        link=f"/conversations/{conversation_id}/",
        subject_key=f"{KIND}:{conversation_id}:{entry.offset}",
        actor_id=author_id,
    )


@transaction.atomic
def read_direct(entry: Appended, marker: dict[str, Any]) -> None:
    """Who has read the conversation up to there need not be told of it any more."""
    reader = User.objects.get(pk=marker["user_id"])
    about = unread_of(reader).filter(
        kind=KIND, subject_key__startswith=f"{KIND}:{_conversation_id(entry)}:"
    )
    for notification in about:
        if int(notification.subject_key.rpartition(":")[2]) <= marker["offset"]:
            mark_read(user=reader, notification_id=notification.pk)


def _last_of_each(entries: Sequence[Appended]) -> Iterable[tuple[Appended, dict[str, Any]]]:
    """The newest by each person in each conversation: a burst of messages is told once."""
    newest = {}
    for entry in entries:
        payload = json.loads(entry.payload)
        person = payload["author"]["id"] if entry.type == "message.sent" else payload["user_id"]
        newest[entry.stream, entry.type, person] = (entry, payload)
    return newest.values()


def _untold(conversation_id: uuid.UUID, offset: int, author_id: uuid.UUID) -> list[uuid.UUID]:
    prefix = f"{KIND}:{conversation_id}:"
    with connection.cursor() as cursor:
        cursor.execute(_KNOWS, [KIND, prefix, offset, conversation_id, author_id])
        return [user_id for user_id, knows in cursor.fetchall() if not knows]


def _conversation_id(entry: Appended) -> uuid.UUID:
    return uuid.UUID(entry.stream.removeprefix(PREFIX))


def _is_direct(schema: str, entry: Appended) -> bool:
    return entry.stream.startswith(PREFIX) and _kind_is_direct(schema, _conversation_id(entry))


@lru_cache(maxsize=20_000)
def _kind_is_direct(schema: str, conversation_id: uuid.UUID) -> bool:
    """Asked once in each process: a conversation never changes its kind."""
    with in_tenant(schema):
        return Conversation.objects.filter(
            pk=conversation_id, kind=Conversation.Kind.DIRECT
        ).exists()
