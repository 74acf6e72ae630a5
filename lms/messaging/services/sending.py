"""Keeping messages, in batches. The hot path: a handful of statements for any batch size.

`send_messages` is trusted: its callers (REST's `post_message`, the sockets' ingest) have asked
whether the sender may post. Sending the same client_id twice is one message.
"""

import json
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from django.db import connection, transaction

from lms.core.errors import InvalidField
from lms.core.ids import uuid7
from lms.messaging.errors import (
    ClientIdReused,
    ContentTooLong,
    ConversationClosed,
    EmptyMessage,
    ReplyNotFound,
)
from lms.messaging.models import MAX_CONTENT
from lms.messaging.rendering import wire_time
from lms.streams.announce import announce_after_commit
from lms.streams.entries import Appended, render
from lms.streams.heads import advance
from lms.streams.services import insert_entries

_KNOWN = """
    SELECT m.conversation_id, m.sender_id, m.client_id, m.id, m."offset", m.content, m.created_at
    FROM unnest(%s::uuid[], %s::uuid[], %s::text[]) AS w(conversation_id, sender_id, client_id)
    JOIN messaging_message m USING (conversation_id, sender_id, client_id)
"""
_GIVE_BACK = """
    UPDATE streams_stream s SET head = s.head - w.n
    FROM unnest(%s::text[], %s::int[]) AS w(name, n) WHERE s.name = w.name
"""
_CLOSED = "SELECT id FROM messaging_conversation WHERE id = ANY(%s) AND closed_at IS NOT NULL"
_INSERT = """
    INSERT INTO messaging_message
        (id, conversation_id, "offset", sender_id, client_id, content, reply_to_id, attachments, created_at)
    SELECT * FROM unnest(%s::uuid[], %s::uuid[], %s::bigint[], %s::uuid[], %s::text[], %s::text[],
                         %s::uuid[], %s::jsonb[], %s::timestamptz[])
"""
_REPLIES = "SELECT id, conversation_id FROM messaging_message WHERE id = ANY(%s)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outgoing:
    """A message to keep. `sender_name` and `sender_avatar` go into the push as they are now."""

    conversation_id: uuid.UUID
    sender_id: uuid.UUID
    sender_name: str
    sender_avatar: str
    client_id: str
    content: str
    reply_to: uuid.UUID | None = None
    attachments: list[dict[str, Any]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Sent:
    message_id: uuid.UUID
    offset: int
    created_at: datetime
    duplicate: bool


Refusal = ClientIdReused | ConversationClosed | ReplyNotFound
Key = tuple[uuid.UUID, uuid.UUID, str]


def check_content(content: str, attachments: Sequence[object]) -> None:
    """Raises EmptyMessage or ContentTooLong. What PostgreSQL cannot hold is refused here too."""
    if not content.strip() and not attachments:
        raise EmptyMessage
    if len(content) > MAX_CONTENT:
        raise ContentTooLong
    if "\x00" in content or any("\ud800" <= char <= "\udfff" for char in content):
        raise InvalidField("content", "Null characters and lone surrogates cannot be kept.")


@transaction.atomic
def send_messages(batch: Sequence[Outgoing]) -> list[Sent | Refusal]:
    """Keep the messages in their order; one outcome for each, refusals as values.

    All or nothing for everything else: a database error leaves no message of the batch.
    """
    heads = advance(_counts(batch))
    conversations = list({message.conversation_id for message in batch})
    refusals = _Refusals(_closed(conversations), _reply_places(batch))
    outcomes, fresh = _place(batch, heads, _known(batch), refusals)
    _give_back(batch, fresh)
    if fresh:
        _insert(fresh)
        announce_after_commit(_append(fresh, heads))
    return outcomes


def _counts(batch: Sequence[Outgoing]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for message in batch:
        name = f"conversation:{message.conversation_id}"
        counts[name] = counts.get(name, 0) + 1
    return counts


@dataclass(frozen=True, slots=True)
class _Refusals:
    closed: set[uuid.UUID]
    reply_places: dict[uuid.UUID, uuid.UUID]

    def find(self, message: Outgoing) -> Refusal | None:
        if message.conversation_id in self.closed:
            return ConversationClosed()
        if message.reply_to and self.reply_places.get(message.reply_to) != message.conversation_id:
            return ReplyNotFound()
        return None


def _place(
    batch: Sequence[Outgoing],
    heads: Mapping[str, tuple[str, str, int]],
    known: dict[Key, tuple[Sent, str]],
    refusals: _Refusals,
) -> tuple[list[Sent | Refusal], list[tuple[Outgoing, Sent]]]:
    """Give each new message its offset; find those already kept, also within the batch."""
    now = datetime.now(UTC)
    following = {name: heads[name][2] - taken for name, taken in _counts(batch).items()}
    outcomes: list[Sent | Refusal] = []
    fresh: list[tuple[Outgoing, Sent]] = []
    for message in batch:
        key = (message.conversation_id, message.sender_id, message.client_id)
        if key in known:
            sent, content = known[key]
            outcomes.append(
                replace(sent, duplicate=True) if content == message.content else ClientIdReused()
            )
            continue
        refusal = refusals.find(message)
        if refusal is not None:
            outcomes.append(refusal)
            continue
        stream = f"conversation:{message.conversation_id}"
        following[stream] += 1
        sent = Sent(uuid7(), following[stream], now, duplicate=False)
        known[key] = (sent, message.content)
        outcomes.append(sent)
        fresh.append((message, sent))
    return outcomes, fresh


def _known(batch: Sequence[Outgoing]) -> dict[Key, tuple[Sent, str]]:
    with connection.cursor() as cursor:
        cursor.execute(
            _KNOWN,
            [
                [message.conversation_id for message in batch],
                [message.sender_id for message in batch],
                [message.client_id for message in batch],
            ],
        )
        return {
            (conversation, sender, client): (Sent(id_, offset, at, duplicate=True), content)
            for conversation, sender, client, id_, offset, content, at in cursor.fetchall()
        }


def _closed(conversations: list[uuid.UUID]) -> set[uuid.UUID]:
    with connection.cursor() as cursor:
        cursor.execute(_CLOSED, [conversations])
        return {row[0] for row in cursor.fetchall()}


def _reply_places(batch: Sequence[Outgoing]) -> dict[uuid.UUID, uuid.UUID]:
    wanted = [message.reply_to for message in batch if message.reply_to]
    if not wanted:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(_REPLIES, [wanted])
        return dict(cursor.fetchall())


def _give_back(batch: Sequence[Outgoing], fresh: Sequence[tuple[Outgoing, Sent]]) -> None:
    """Return the offsets of duplicates and refusals; nobody has seen the head yet."""
    if len(fresh) == len(batch):
        return
    left = _counts(batch)
    for message, _ in fresh:
        left[f"conversation:{message.conversation_id}"] -= 1
    names = [name for name, n in left.items() if n]
    with connection.cursor() as cursor:
        cursor.execute(_GIVE_BACK, [names, [left[name] for name in names]])


def _insert(fresh: Sequence[tuple[Outgoing, Sent]]) -> None:
    columns = [
        [sent.message_id for _, sent in fresh],
        [message.conversation_id for message, _ in fresh],
        [sent.offset for _, sent in fresh],
        [message.sender_id for message, _ in fresh],
        [message.client_id for message, _ in fresh],
        [message.content for message, _ in fresh],
        [message.reply_to for message, _ in fresh],
        [json.dumps(message.attachments) for message, _ in fresh],
        [sent.created_at for _, sent in fresh],
    ]
    with connection.cursor() as cursor:
        cursor.execute(_INSERT, columns)


def _append(
    fresh: Sequence[tuple[Outgoing, Sent]], heads: Mapping[str, tuple[str, str, int]]
) -> list[Appended]:
    appended = []
    for message, sent in fresh:
        stream = f"conversation:{message.conversation_id}"
        payload = render(_payload(message, sent))
        appended.append(Appended(stream, heads[stream][1], sent.offset, "message.sent", payload))
    insert_entries(appended, heads)
    return appended


def _payload(message: Outgoing, sent: Sent) -> dict[str, Any]:
    """The shape of `rendering.render_message`, without a Message row to load."""
    return {
        "id": str(sent.message_id),
        "client_id": message.client_id,
        "author": {
            "id": str(message.sender_id),
            "name": message.sender_name,
            "avatar": message.sender_avatar,
        },
        "content": message.content,
        "reply_to": str(message.reply_to) if message.reply_to else None,
        "attachments": message.attachments,
        "created_at": wire_time(sent.created_at),
        "edited_at": None,
        "deleted": False,
        "reactions": [],
    }
