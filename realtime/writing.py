"""What the writer does with a batch: ask who may post, keep the rest in one transaction."""

from collections.abc import Sequence

from lms.core.errors import LMSError, Unavailable
from lms.messaging.checks import check_client_id, check_content
from lms.messaging.services.sending import Outgoing, Sent, post_messages
from realtime.errors import DATABASE_AWAY
from tenants.context import run_in_tenant

Outcome = Sent | LMSError


async def write_batch(schema: str, batch: Sequence[Outgoing]) -> Sequence[Outcome]:
    """One outcome for each message. Raises Unavailable when the database is away."""
    return await run_in_tenant(schema, keep_messages, batch)


def keep_messages(batch: Sequence[Outgoing]) -> list[Outcome]:
    """Membership is read now, not when the socket was opened."""
    refusals = _refusals(batch)
    allowed = [message for index, message in enumerate(batch) if index not in refusals]
    try:
        kept = iter(post_messages(allowed))
    except DATABASE_AWAY as error:
        raise Unavailable from error
    return [refusals[index] if index in refusals else next(kept) for index in range(len(batch))]


def _refusals(batch: Sequence[Outgoing]) -> dict[int, LMSError]:
    """What cannot be kept whoever sends it, by its place in the batch."""
    refusals: dict[int, LMSError] = {}
    for index, message in enumerate(batch):
        try:
            check_client_id(message.client_id)
            check_content(message.content, message.attachments)
        except LMSError as error:
            refusals[index] = error
    return refusals
