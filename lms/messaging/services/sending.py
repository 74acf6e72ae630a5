"""Keeping messages, in batches. The hot path: three statements for any batch size.

`send_messages` is trusted: its callers (REST's `post_message`, the sockets' ingest) have asked
whether the sender may post. Sending the same client_id twice is one message.
"""

import hashlib
import json
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

from django.db import connection, transaction

from lms.accounts.models import User
from lms.core.ids import uuid7
from lms.messaging.checks import check_client_id, check_content
from lms.messaging.errors import (
    ClientIdReused,
    ConversationClosed,
    ConversationNotFound,
    PostingNotAllowed,
    ReplyNotFound,
)
from lms.messaging.permissions import can_post
from lms.messaging.rendering import wire_time
from lms.messaging.selectors import find_member, get_conversation
from lms.streams.announce import announce_after_commit
from lms.streams.entries import Appended, render
from lms.streams.heads import advance, give_back

# Batches travel as one JSON text: as arrays, psycopg would escape every value of every column
# in Python, which took longer than all the rest.
#
# One row for each message of the batch, in its order: what is known of its conversation, of
# the message it replies to, and whether it was kept before. LIMIT keeps each look-up an index
# scan of its own, whatever the planner believes about the length of the batch.
_LOOK = """
    SELECT c.closed_at IS NOT NULL, c.found IS NOT NULL, r.found IS NOT NULL,
           m.id, m."offset", m.created_at, m.digest
    FROM ROWS FROM (json_to_recordset(%s) AS (
        conversation_id uuid, sender_id uuid, client_id text, reply_to uuid
    )) WITH ORDINALITY AS w(conversation_id, sender_id, client_id, reply_to, n)
    LEFT JOIN LATERAL (
        SELECT true AS found, closed_at FROM messaging_conversation
        WHERE id = w.conversation_id LIMIT 1
    ) AS c ON true
    LEFT JOIN LATERAL (
        SELECT true AS found FROM messaging_message
        WHERE id = w.reply_to AND conversation_id = w.conversation_id LIMIT 1
    ) AS r ON true
    LEFT JOIN LATERAL (
        SELECT id, "offset", created_at, digest FROM messaging_message
        WHERE conversation_id = w.conversation_id
          AND sender_id = w.sender_id AND client_id = w.client_id LIMIT 1
    ) AS m ON true
    ORDER BY w.n
"""
_INSERT = """
    WITH new AS MATERIALIZED (
        SELECT * FROM json_to_recordset(%s) AS new(
            id uuid, stream_id uuid, conversation_id uuid, "offset" bigint, sender_id uuid,
            client_id text, digest text, content text, reply_to_id uuid, attachments jsonb,
            payload text
        )
    ), kept AS (
        INSERT INTO messaging_message (id, conversation_id, "offset", sender_id, client_id,
                                       digest, content, reply_to_id, attachments, created_at)
        SELECT id, conversation_id, "offset", sender_id, client_id,
               digest, content, reply_to_id, attachments, %s FROM new
    )
    INSERT INTO streams_entry (stream_id, "offset", type, payload, created_at)
    SELECT stream_id, "offset", 'message.sent', payload, %s FROM new
"""


@dataclass(frozen=True, kw_only=True)
class Outgoing:
    """A message to keep. `sender_name` and `sender_avatar` go into the push as they are now.

    Callers have run `check_content` and `check_client_id`: one odd message would fail its batch.
    """

    conversation_id: uuid.UUID
    sender_id: uuid.UUID
    sender_name: str
    sender_avatar: str
    client_id: str
    content: str
    reply_to: uuid.UUID | None = None
    attachments: list[dict[str, Any]] = field(default_factory=list)

    @cached_property
    def stream(self) -> str:
        return f"conversation:{self.conversation_id}"

    @cached_property
    def digest(self) -> str:
        """Equal for the same message sent again, whatever became of the first since."""
        body = _canonical.encode([self.content, str(self.reply_to), self.attachments])
        return hashlib.blake2b(body.encode(), digest_size=16).hexdigest()


_canonical = json.JSONEncoder(sort_keys=True)


@dataclass(frozen=True, slots=True)
class Sent:
    message_id: uuid.UUID
    offset: int
    created_at: datetime
    duplicate: bool


Refusal = ClientIdReused | ConversationClosed | ConversationNotFound | ReplyNotFound
Key = tuple[uuid.UUID, uuid.UUID, str]
Heads = Mapping[str, tuple[str, str, int]]


def post_message(
    *,
    actor: User,
    conversation_id: uuid.UUID,
    client_id: str,
    content: str,
    reply_to: uuid.UUID | None = None,
    attachments: Sequence[dict[str, Any]] = (),
) -> Sent:
    """Send one message as the actor.

    Raises NotFound, ConversationClosed, PostingNotAllowed, ReplyNotFound, ClientIdReused, and
    what `check_content` and `check_client_id` raise.
    """
    check_content(content, attachments)
    check_client_id(client_id)
    conversation = get_conversation(user=actor, conversation_id=conversation_id)
    # A closed one is refused below, where a message that was kept before closing is found first.
    if conversation.closed_at is None:
        member = find_member(user=actor, audience_id=conversation.audience_id)
        if not can_post(actor, conversation, member):
            raise PostingNotAllowed
    outgoing = Outgoing(
        conversation_id=conversation.pk,
        sender_id=actor.pk,
        sender_name=actor.full_name,
        sender_avatar=actor.avatar_url,
        client_id=client_id,
        content=content,
        reply_to=reply_to,
        attachments=list(attachments),
    )
    outcome = send_messages([outgoing])[0]
    if not isinstance(outcome, Sent):
        raise outcome
    return outcome


@transaction.atomic
def send_messages(batch: Sequence[Outgoing]) -> list[Sent | Refusal]:
    """Keep the messages in their order; one outcome for each, refusals as values.

    All or nothing for everything else: a database error leaves no message of the batch.
    """
    if not batch:
        return []
    counts = _counts(batch)
    heads = advance(counts)
    outcomes, fresh = _place(batch, heads, counts)
    if len(fresh) < len(batch):
        # Offsets of duplicates and refusals; the lock is ours, so nobody has seen this head.
        kept = _counts([message for message, _ in fresh])
        give_back({name: n - kept.get(name, 0) for name, n in counts.items()})
    if fresh:
        announce_after_commit(_insert(fresh, heads))
    return outcomes


def _counts(batch: Sequence[Outgoing]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for message in batch:
        counts[message.stream] = counts.get(message.stream, 0) + 1
    return counts


def _place(
    batch: Sequence[Outgoing], heads: Heads, counts: Mapping[str, int]
) -> tuple[list[Sent | Refusal], list[tuple[Outgoing, Sent]]]:
    """Give each new message its offset; find those already kept, also within the batch."""
    now = datetime.now(UTC)
    following = {name: heads[name][2] - taken for name, taken in counts.items()}
    known: dict[Key, tuple[Sent, str]] = {}
    outcomes: list[Sent | Refusal] = []
    fresh: list[tuple[Outgoing, Sent]] = []
    for message, row in zip(batch, _look(batch), strict=True):
        key = (message.conversation_id, message.sender_id, message.client_id)
        earlier = known.get(key) or _kept(row)
        if earlier is not None:
            sent, digest = earlier
            same = digest == message.digest
            outcomes.append(replace(sent, duplicate=True) if same else ClientIdReused())
            continue
        refusal = _refusal(message, row)
        if refusal is not None:
            outcomes.append(refusal)
            continue
        following[message.stream] += 1
        sent = Sent(uuid7(), following[message.stream], now, duplicate=False)
        known[key] = (sent, message.digest)
        outcomes.append(sent)
        fresh.append((message, sent))
    return outcomes, fresh


def _look(batch: Sequence[Outgoing]) -> list[tuple[Any, ...]]:
    wanted = [
        {
            "conversation_id": str(message.conversation_id),
            "sender_id": str(message.sender_id),
            "client_id": message.client_id,
            "reply_to": str(message.reply_to) if message.reply_to else None,
        }
        for message in batch
    ]
    with connection.cursor() as cursor:
        cursor.execute(_LOOK, [render(wanted)])
        return list(cursor.fetchall())


def _kept(row: tuple[Any, ...]) -> tuple[Sent, str] | None:
    _, _, _, message_id, offset, created_at, digest = row
    if message_id is None:
        return None
    return Sent(message_id, offset, created_at, duplicate=True), digest


def _refusal(message: Outgoing, row: tuple[Any, ...]) -> Refusal | None:
    closed, exists, reply_is_here, *_ = row
    if not exists:
        return ConversationNotFound()
    if closed:
        return ConversationClosed()
    if message.reply_to and not reply_is_here:
        return ReplyNotFound()
    return None


def _insert(fresh: Sequence[tuple[Outgoing, Sent]], heads: Heads) -> list[Appended]:
    """The messages and their stream entries, in one statement."""
    now = fresh[0][1].created_at
    shown_now = wire_time(now)
    rows, appended = [], []
    for message, sent in fresh:
        stream_id, epoch, _ = heads[message.stream]
        shown = _payload(message, sent, shown_now)
        payload = render(shown)
        rows.append(
            {
                "id": shown["id"],
                "stream_id": str(stream_id),
                "conversation_id": shown["conversation"],
                "offset": sent.offset,
                "sender_id": shown["author"]["id"],
                "client_id": message.client_id,
                "digest": message.digest,
                "content": message.content,
                "reply_to_id": shown["reply_to"],
                "attachments": message.attachments,
                "payload": payload,
            }
        )
        appended.append(Appended(message.stream, epoch, sent.offset, "message.sent", payload))
    with connection.cursor() as cursor:
        cursor.execute(_INSERT, [render(rows), now, now])
    return appended


def _payload(message: Outgoing, sent: Sent, created_at: str | None) -> dict[str, Any]:
    """The shape of `rendering.render_message`, without a Message row to load."""
    return {
        "id": str(sent.message_id),
        "conversation": str(message.conversation_id),
        "offset": sent.offset,
        "client_id": message.client_id,
        "author": {
            "id": str(message.sender_id),
            "name": message.sender_name,
            "avatar": message.sender_avatar,
        },
        "content": message.content,
        "reply_to": str(message.reply_to) if message.reply_to else None,
        "attachments": message.attachments,
        "created_at": created_at,
        "edited_at": None,
        "deleted": False,
        "reactions": [],
    }
