"""The shell between ASGI and a session: accept, find out who and what, hand over.

On our own server the session takes the socket and the application returns, so an idle socket
holds no task. On others a loop receives and a second task sends.
"""

import asyncio
import contextlib
import logging
import uuid
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from lms.accounts.identity import Identity
from lms.core.errors import LMSError, TooManyRequests, Unavailable
from realtime.authentication import SocketRequest, identify, read_request
from realtime.authorization import Door, Grant
from realtime.errors import Refused, refusal_of
from realtime.node import Node, get_node
from realtime.outlets import FrameOutlet, QueueOutlet
from realtime.protocol import CloseCode, encode_error
from realtime.server import EXTENSION
from realtime.session import Session
from tenants.context import PUBLIC, in_tenant, run_in_tenant
from tenants.errors import TenantError, TenantNotFound
from tenants.resolution import resolve

logger = logging.getLogger(__name__)

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

NO_ID = uuid.UUID(int=0)


class SocketConsumer:
    """An ASGI application for one kind of URL: `door` leads from its id to a topic."""

    def __init__(self, door: Door | None) -> None:
        self._door = door

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        await receive()  # websocket.connect
        node = await get_node()
        wait = node.admission.take()
        if wait or node.is_draining:
            await _turn_away(scope, send, wait or 1.0)
            return
        request = read_request(scope)
        await send({"type": "websocket.accept", "subprotocol": request.subprotocol})
        try:
            identity, grant = await self._open(node, request, _id_of(scope))
        except Refused as refused:
            node.counters.refused += 1
            await _refuse(send, refused)
            return
        await _serve(node, scope, receive, send, identity, grant, request)

    async def _open(
        self, node: Node, request: SocketRequest, id_: uuid.UUID
    ) -> tuple[Identity, Grant]:
        looked = node.guard.requests
        try:
            async with node.opening_turns:
                identity, grant = await run_in_tenant(PUBLIC, self._read, request, id_)
        except (LMSError, TenantError) as error:
            raise refusal_of(error) from error
        except Refused:
            raise
        except Exception as error:
            logger.exception("socket_not_opened")
            raise refusal_of(Unavailable()) from error
        if not node.has_room_for(identity):
            raise refusal_of(TooManyRequests("Too many sockets of yours.", retry_after=30.0))
        if node.guard.requests != looked:
            # What was just read may be what has just changed.
            node.loop.call_later(0.05, lambda: node.spawn(node.guard.check(identity.schema)))
        return identity, grant

    def _read(self, request: SocketRequest, id_: uuid.UUID) -> tuple[Identity, Grant]:
        """One visit to the database: tenant, person, topic."""
        tenant = resolve(request.clues)
        if tenant.is_platform:
            raise TenantNotFound
        with in_tenant(tenant.schema):
            user, identity = identify(request)
            if self._door is None:
                raise Refused(CloseCode.NOT_FOUND, "not_found", "There is no such socket.")
            return identity, self._door(user, id_)


def _id_of(scope: Message) -> uuid.UUID:
    values = scope["url_route"]["kwargs"].values()
    return next((value for value in values if isinstance(value, uuid.UUID)), NO_ID)


async def _serve(
    node: Node,
    scope: Message,
    receive: Receive,
    send: Send,
    identity: Identity,
    grant: Grant,
    request: SocketRequest,
) -> None:
    socket = scope.get("extensions", {}).get(EXTENSION)
    if socket is not None:
        session = Session(node, identity, grant, FrameOutlet(socket, node.limits.outbox_bytes))
        if await _start(session, request):
            socket.attach(session)
        return
    outlet = QueueOutlet(send, node.limits.outbox_bytes)
    session = Session(node, identity, grant, outlet)
    sending = asyncio.create_task(outlet.run())
    try:
        if await _start(session, request):
            await _receive_until_closed(session, receive, sending)
    finally:
        session.disconnected(1006)
        outlet.close(1000, "")
        await sending


async def _start(session: Session, request: SocketRequest) -> bool:
    node = session.node
    node.enter(session)
    await node.presence.load((session.schema, session.topic))
    try:
        await session.start(request.since)
    except Exception:
        logger.exception("socket_not_started")
        session.close(CloseCode.TOO_MANY, "unavailable", "Try again later.", retry_after=2.0)
        return False
    return True


async def _receive_until_closed(
    session: Session, receive: Receive, sending: "asyncio.Task[None]"
) -> None:
    """Plain ASGI. Ends when the client goes or when the session has closed."""
    while True:
        receiving = asyncio.ensure_future(receive())
        await asyncio.wait({receiving, sending}, return_when=asyncio.FIRST_COMPLETED)
        if not receiving.done():
            receiving.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await receiving
            return
        message = receiving.result()
        if message["type"] != "websocket.receive":
            session.disconnected(message.get("code", 1006))
            return
        text = message.get("text")
        session.received(message.get("bytes") or b"" if text is None else text)


async def _refuse(send: Send, refused: Refused) -> None:
    """An accepted socket that is told why it ends: browsers show no more of a refused one."""
    text = encode_error(None, refused.code, str(refused), refused.extra).decode()
    with contextlib.suppress(OSError):
        await send({"type": "websocket.send", "text": text})
        await send(
            {"type": "websocket.close", "code": int(refused.close_code), "reason": refused.code}
        )


async def _turn_away(scope: Message, send: Send, wait: float) -> None:
    """Before the handshake, where the server can: too many at once, or we are stopping."""
    if "websocket.http.response" in scope.get("extensions", {}):
        headers = [(b"retry-after", b"%d" % max(1, round(wait)))]
        await send({"type": "websocket.http.response.start", "status": 429, "headers": headers})
        await send({"type": "websocket.http.response.body", "body": b""})
    else:
        await send({"type": "websocket.close", "code": 1013})
