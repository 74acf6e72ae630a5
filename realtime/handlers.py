"""What each command does: a call to a service in the tenant, as thin as a view."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

from lms.accounts.identity import Identity, authenticate_access
from lms.accounts.tokens import InvalidToken
from lms.core.errors import BadRequest, Unauthenticated
from lms.messaging.services.sending import Outgoing, Sent
from realtime.protocols import simple
from tenants.context import run_in_tenant

if TYPE_CHECKING:
    from realtime.session import Session

Payload = dict[str, Any]
Handler = Callable[["Session", Payload], Awaitable[Payload]]

TYPING_SECONDS = 2.0


class ReadOnlyTopic(BadRequest):
    code, message = "read_only_topic", "Nothing can be sent on this topic."


class OtherPerson(Unauthenticated):
    code, message = "token_invalid", "The token is invalid, expired or another person's."


def send_message(session: "Session", payload: Payload) -> "asyncio.Future[Sent]":
    """Hand the message to the writer. Raises LMSError when it cannot be kept anyway."""
    _require_conversation(session)
    identity = session.identity
    outgoing = Outgoing(
        conversation_id=session.grant.topic.id,
        sender_id=identity.user_id,
        sender_name=identity.name,
        sender_avatar=identity.avatar,
        client_id=payload["client_id"],
        content=payload["content"],
        reply_to=payload["reply_to"],
        attachments=list(payload["attachments"]),
    )
    return session.node.ingest.submit(session.schema, outgoing)


def render_sent(sent: Sent) -> Payload:
    return {
        "message_id": str(sent.message_id),
        "offset": sent.offset,
        "duplicate": sent.duplicate,
    }


async def start_typing(session: "Session", payload: Payload) -> Payload:
    _require_conversation(session)
    now = time.monotonic()
    if now - session.last_typing >= TYPING_SECONDS:
        session.last_typing = now
        _push_typing(session, "typing.started")
    return {}


async def stop_typing(session: "Session", payload: Payload) -> Payload:
    _require_conversation(session)
    if session.last_typing:
        session.last_typing = 0.0
        _push_typing(session, "typing.stopped")
    return {}


def _push_typing(session: "Session", kind: str) -> None:
    payload = {"user": simple.person(session.identity)}
    session.node.push(session.schema, session.topic, kind, payload)


async def list_presence(session: "Session", payload: Payload) -> Payload:
    presence = session.node.presence
    return {
        "users": await presence.members(session.schema, session.topic),
        "members_online": presence.count(session.schema, session.topic),
    }


async def refresh_authentication(session: "Session", payload: Payload) -> Payload:
    identity = await run_in_tenant(session.schema, _identity_of, payload["token"])
    if identity.user_id != session.identity.user_id:
        raise OtherPerson
    session.renew(identity)
    return {"expires_at": simple.wire_moment(identity.expires_at)}


def _identity_of(token: str) -> Identity:
    try:
        return authenticate_access(token)[1]
    except InvalidToken:
        raise OtherPerson from None


def _require_conversation(session: "Session") -> None:
    if not session.grant.is_conversation:
        raise ReadOnlyTopic


HANDLERS: dict[str, Handler] = {
    "typing.start": start_typing,
    "typing.stop": stop_typing,
    "presence": list_presence,
    "auth.refresh": refresh_authentication,
}
