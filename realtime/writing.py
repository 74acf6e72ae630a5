"""What the writer does with a batch: ask who may post, keep the rest in one transaction."""

from collections.abc import Sequence

from django.db import InterfaceError, OperationalError

from lms.core.errors import LMSError, NotFound, Unavailable
from lms.messaging.checks import check_client_id, check_content
from lms.messaging.errors import PostingNotAllowed
from lms.messaging.services.sending import Outgoing, Sent, send_messages
from realtime.authorization import postable_pairs
from tenants.context import run_in_tenant

Outcome = Sent | LMSError


async def write_batch(schema: str, batch: Sequence[Outgoing]) -> Sequence[Outcome]:
    """One outcome for each message. Raises Unavailable when the database is away."""
    return await run_in_tenant(schema, keep_messages, batch)


def keep_messages(batch: Sequence[Outgoing]) -> list[Outcome]:
    """Membership is read now, not when the socket was opened."""
    try:
        refusals = _refusals(batch)
        allowed = [message for index, message in enumerate(batch) if index not in refusals]
        kept = iter(send_messages(allowed) if allowed else ())
    except (OperationalError, InterfaceError) as error:
        raise Unavailable from error
    return [refusals[index] if index in refusals else next(kept) for index in range(len(batch))]


def _refusals(batch: Sequence[Outgoing]) -> dict[int, LMSError]:
    pairs = [(message.sender_id, message.conversation_id) for message in batch]
    readable, postable = postable_pairs(pairs)
    refusals: dict[int, LMSError] = {}
    for index, (message, pair) in enumerate(zip(batch, pairs, strict=True)):
        try:
            check_client_id(message.client_id)
            check_content(message.content, message.attachments)
            if pair not in readable:
                raise NotFound
            if pair not in postable:
                raise PostingNotAllowed
        except LMSError as error:
            refusals[index] = error
    return refusals
