"""Keeping messages, in batches. The hot path: three trips to the database for any batch size.

`post_messages` asks for each message what its sender may do; `send_messages` is trusted. Both
doors, REST and sockets, come through `post_messages`. Sending a client_id twice is one message.
"""

import hashlib
import json
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cached_property
from typing import Any, NamedTuple

from django.db import transaction

from lms.accounts.models import User
from lms.core.ids import uuid7
from lms.core.pipeline import pipeline
from lms.messaging.checks import check_client_id, check_content
from lms.messaging.errors import (
    ClientIdReused,
    ConversationClosed,
    ConversationNotFound,
    PostingNotAllowed,
    ReplyNotFound,
)
from lms.messaging.rendering import wire_time
from lms.streams.announce import announce_after_commit
from lms.streams.entries import Appended, render
from lms.streams.heads import create_streams, give_back, queue_advance, read_advanced

# Batches travel as one JSON text: as arrays, psycopg would escape every value of every column
# in Python, which took longer than all the rest.
#
# One row for each message of the batch, in its order: what its sender may do, what is known of
# its conversation and of the message it replies to, and whether it was kept before. LIMIT keeps
# each look-up an index scan of its own, whatever the planner believes about the batch's length.
# The rights are those of selectors.conversations_visible_to and permissions.can_post.
_LOOK = """
    SELECT u.role IS NOT NULL AND c.found IS NOT NULL AND (
               c.open_to_tenant OR own.role IS NOT NULL
               OR (u.role = 'admin' AND c.kind <> 'direct')
               OR EXISTS (SELECT FROM messaging_conversation_shared_with s
                          JOIN messaging_member sm ON sm.audience_id = s.audience_id
                          WHERE s.conversation_id = w.conversation_id
                            AND sm.user_id = w.sender_id)),
           c.posting = 'everyone' OR own.role IN ('owner', 'moderator')
               OR (u.role = 'admin' AND c.kind <> 'direct'),
           c.found IS NOT NULL, c.closed_at IS NOT NULL, r.found IS NOT NULL,
           m.id, m."offset", m.created_at, m.digest
    FROM ROWS FROM (json_to_recordset(%s::json) AS (
        conversation_id uuid, sender_id uuid, client_id text, reply_to uuid
    )) WITH ORDINALITY AS w(conversation_id, sender_id, client_id, reply_to, n)
    LEFT JOIN LATERAL (
        SELECT true AS found, closed_at, kind, posting, open_to_tenant, audience_id
        FROM messaging_conversation WHERE id = w.conversation_id LIMIT 1
    ) AS c ON true
    LEFT JOIN LATERAL (
        SELECT role FROM accounts_user WHERE id = w.sender_id AND is_active LIMIT 1
    ) AS u ON true
    LEFT JOIN LATERAL (
        SELECT role FROM messaging_member
        WHERE audience_id = c.audience_id AND user_id = w.sender_id LIMIT 1
    ) AS own ON true
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
        SELECT * FROM json_to_recordset(%s::json) AS new(
            id uuid, stream_id uuid, conversation_id uuid, "offset" bigint, sender_id uuid,
            client_id text, digest text, content text, reply_to_id uuid, attachments jsonb,
            payload text
        )
    ), kept AS (
        INSERT INTO messaging_message (id, conversation_id, "offset", sender_id, client_id,
                                       digest, content, reply_to_id, attachments, created_at)
        SELECT id, conversation_id, "offset", sender_id, client_id,
               digest, content, reply_to_id, attachments, %s::timestamptz FROM new
    )
    INSERT INTO streams_entry (stream_id, "offset", type, payload, created_at)
    SELECT stream_id, "offset", 'message.sent', payload, %s::timestamptz FROM new
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


Refusal = (
    ClientIdReused | ConversationClosed | ConversationNotFound | PostingNotAllowed | ReplyNotFound
)
Key = tuple[uuid.UUID, uuid.UUID, str]
Heads = Mapping[str, tuple[str, str, int]]


class _Look(NamedTuple):
    """A row of _LOOK: how the world stands for one message, under the stream's lock."""

    may_read: bool
    may_post: bool | None
    exists: bool
    is_closed: bool
    reply_is_here: bool
    kept_id: uuid.UUID | None
    kept_offset: int
    kept_at: datetime
    kept_digest: str


Denial = Callable[[_Look], Refusal | None]


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
    outgoing = Outgoing(
        conversation_id=conversation_id,
        sender_id=actor.pk,
        sender_name=actor.full_name,
        sender_avatar=actor.avatar_url,
        client_id=client_id,
        content=content,
        reply_to=reply_to,
        attachments=list(attachments),
    )
    outcome = post_messages([outgoing])[0]
    if not isinstance(outcome, Sent):
        raise outcome
    return outcome


def post_messages(batch: Sequence[Outgoing]) -> list[Sent | Refusal]:
    """`send_messages` for senders who are not trusted: their rights are read under the lock."""
    return _keep(batch, _denial)


def send_messages(batch: Sequence[Outgoing]) -> list[Sent | Refusal]:
    """Keep the messages in their order; one outcome for each, refusals as values.

    All or nothing for everything else: a database error leaves no message of the batch.
    """
    return _keep(batch, lambda look: None)


def _denial(look: _Look) -> Refusal | None:
    if not look.may_read:
        return ConversationNotFound()
    if not look.may_post and look.kept_id is None and not look.is_closed:
        return PostingNotAllowed()
    return None


@transaction.atomic
def _keep(batch: Sequence[Outgoing], denial: Denial) -> list[Sent | Refusal]:
    if not batch:
        return []
    counts = _counts(batch)
    heads, looks = _lock_and_look(batch, counts)
    outcomes, fresh = _place(batch, heads, looks, denial)
    if len(fresh) < len(batch):
        # Offsets of duplicates and refusals; the lock is ours, so nobody has seen this head.
        kept = _counts([message for message, _ in fresh])
        give_back({name: n - kept.get(name, 0) for name, n in counts.items()})
    if fresh:
        announce_after_commit(_insert(fresh, heads))
    return outcomes


def _lock_and_look(
    batch: Sequence[Outgoing], counts: Mapping[str, int]
) -> tuple[Heads, list[_Look]]:
    """Both leave together; the look is taken when the lock is held."""
    while True:
        with pipeline() as run:
            locking = queue_advance(run, counts)
            looking = run(_LOOK, [render(_wanted(batch))])
            heads = read_advanced(locking)
            looks = [_Look(*row) for row in looking.fetchall()]
        if len(heads) == len(counts):
            return heads, looks
        # A conversation nobody has written in yet. Nothing was locked.
        create_streams(sorted(counts))


def _counts(batch: Sequence[Outgoing]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for message in batch:
        counts[message.stream] = counts.get(message.stream, 0) + 1
    return counts


def _place(
    batch: Sequence[Outgoing], heads: Heads, looks: Sequence[_Look], denial: Denial
) -> tuple[list[Sent | Refusal], list[tuple[Outgoing, Sent]]]:
    """Give each new message its offset; find those already kept, also within the batch."""
    now = datetime.now(UTC)
    following = {name: heads[name][2] - taken for name, taken in _counts(batch).items()}
    known: dict[Key, tuple[Sent, str]] = {}
    outcomes: list[Sent | Refusal] = []
    fresh: list[tuple[Outgoing, Sent]] = []
    for message, look in zip(batch, looks, strict=True):
        key = (message.conversation_id, message.sender_id, message.client_id)
        refusal = denial(look)
        earlier = known.get(key) or _kept(look)
        if refusal is None and earlier is not None:
            sent, digest = earlier
            same = digest == message.digest
            outcomes.append(replace(sent, duplicate=True) if same else ClientIdReused())
            continue
        refusal = refusal or _refusal(message, look)
        if refusal is not None:
            outcomes.append(refusal)
            continue
        following[message.stream] += 1
        sent = Sent(uuid7(), following[message.stream], now, duplicate=False)
        known[key] = (sent, message.digest)
        outcomes.append(sent)
        fresh.append((message, sent))
    return outcomes, fresh


def _wanted(batch: Sequence[Outgoing]) -> list[dict[str, str | None]]:
    return [
        {
            "conversation_id": str(message.conversation_id),
            "sender_id": str(message.sender_id),
            "client_id": message.client_id,
            "reply_to": str(message.reply_to) if message.reply_to else None,
        }
        for message in batch
    ]


def _kept(look: _Look) -> tuple[Sent, str] | None:
    if look.kept_id is None:
        return None
    return Sent(look.kept_id, look.kept_offset, look.kept_at, duplicate=True), look.kept_digest


def _refusal(message: Outgoing, look: _Look) -> Refusal | None:
    if not look.exists:
        return ConversationNotFound()
    if look.is_closed:
        return ConversationClosed()
    if message.reply_to and not look.reply_is_here:
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
    with pipeline() as run:
        run(_INSERT, [render(rows), now, now])
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
