"""What each command does: a call to a service in the tenant, as thin as a view."""

import asyncio
import time
import uuid
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, TypeVar

from lms.accounts.identity import Identity, authenticate_access, load_login
from lms.accounts.models import User
from lms.accounts.tokens import InvalidToken
from lms.core.errors import BadRequest, Unauthenticated
from lms.messaging.selectors import history
from lms.messaging.services.editing import delete_message, edit_message
from lms.messaging.services.reactions import add_reaction, remove_reaction
from lms.messaging.services.reading import mark_read
from lms.messaging.services.sending import Outgoing, Sent
from lms.streams.entries import Appended
from realtime.protocols import simple
from tenants.context import run_in_tenant

if TYPE_CHECKING:
    from realtime.session import Session

Payload = dict[str, Any]
Handler = Callable[["Session", Payload], Awaitable[Payload]]

Result = TypeVar("Result")

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


def answer_ping(session: "Session", payload: Payload) -> Payload:
    return {}


def start_typing(session: "Session", payload: Payload) -> Payload:
    _require_conversation(session)
    now = time.monotonic()
    if now - session.last_typing >= TYPING_SECONDS:
        session.last_typing = now
        _push_typing(session, "typing.started")
    return {}


def stop_typing(session: "Session", payload: Payload) -> Payload:
    _require_conversation(session)
    if session.last_typing:
        session.last_typing = 0.0
        _push_typing(session, "typing.stopped")
    return {}


def _push_typing(session: "Session", kind: str) -> None:
    payload = {"user": simple.person(session.identity)}
    session.node.push(session.schema, session.topic, kind, payload)


async def change_message(session: "Session", payload: Payload) -> Payload:
    _require_conversation(session)
    edited = await _act(session, edit_message, **payload)
    return {"message_id": str(payload["message_id"]), "offset": edited.offset}


async def remove_message(session: "Session", payload: Payload) -> Payload:
    _require_conversation(session)
    deleted = await _act(session, delete_message, **payload)
    return {"message_id": str(payload["message_id"]), "offset": deleted.offset}


async def react(session: "Session", payload: Payload) -> Payload:
    _require_conversation(session)
    return _reacted(await _act(session, add_reaction, **payload))


async def take_back_reaction(session: "Session", payload: Payload) -> Payload:
    _require_conversation(session)
    return _reacted(await _act(session, remove_reaction, **payload))


def _reacted(appended: Appended | None) -> Payload:
    return {"changed": appended is not None, "offset": appended.offset if appended else None}


async def mark_as_read(session: "Session", payload: Payload) -> Payload:
    _require_conversation(session)
    stands_at = await _act(
        session, mark_read, conversation_id=session.grant.topic.id, offset=payload["offset"]
    )
    return {"offset": stands_at}


async def read_history(session: "Session", payload: Payload) -> Payload:
    """Newest first. `before` of the answer is for the next page, null at the beginning."""
    _require_conversation(session)
    messages = await _in_turn(
        session, _read_history, session.identity, session.grant.topic.id, **payload
    )
    is_full = len(messages) == payload["limit"]
    return {"messages": messages, "before": messages[-1]["offset"] if is_full else None}


def _read_history(
    identity: Identity, conversation_id: uuid.UUID, before: int | None, limit: int
) -> list[Payload]:
    return history(
        user=_person_of(identity), conversation_id=conversation_id, before=before, limit=limit
    )


async def _act(session: "Session", service: Callable[..., Result], **arguments: Any) -> Result:
    """Call a service as the session's person, whose login is read again for it."""
    return await _in_turn(session, _as_person, session.identity, service, arguments)


async def _in_turn(
    session: "Session", fn: Callable[..., Result], *args: Any, **kwargs: Any
) -> Result:
    """In the tenant's schema; slow commands wait for each other and not the writer for them."""
    async with session.node.handler_turns:
        return await run_in_tenant(session.schema, fn, *args, **kwargs)


def _as_person(identity: Identity, service: Callable[..., Result], arguments: Payload) -> Result:
    return service(actor=_person_of(identity), **arguments)


def _person_of(identity: Identity) -> User:
    try:
        return load_login(identity.family_id)[0]
    except InvalidToken:
        raise Unauthenticated("This login has ended.") from None


async def list_presence(session: "Session", payload: Payload) -> Payload:
    presence = session.node.presence
    return {
        "users": await presence.members(session.schema, session.topic),
        "members_online": presence.count(session.schema, session.topic),
    }


async def refresh_authentication(session: "Session", payload: Payload) -> Payload:
    identity = await _in_turn(session, _identity_of, payload["token"])
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


QUICK: dict[str, Callable[["Session", Payload], Payload]] = {
    "ping": answer_ping,
    "typing.start": start_typing,
    "typing.stop": stop_typing,
}
"""Need nothing but the loop: answered at once, whatever else is under way."""

HANDLERS: dict[str, Handler] = {
    "message.edit": change_message,
    "message.delete": remove_message,
    "reaction.add": react,
    "reaction.remove": take_back_reaction,
    "read.mark": mark_as_read,
    "history": read_history,
    "presence": list_presence,
    "auth.refresh": refresh_authentication,
}
