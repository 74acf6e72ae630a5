"""The WebSocket server: a protocol class for uvicorn's `ws=`.

To an ASGI application it is an ordinary server. In `scope["extensions"]["stoa.frames"]`
it also offers itself, as a `FrameSocket`: after `attach` the application may return, no
task is kept for the socket, and whoever holds it writes frames that were encoded once for
all sockets.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Callable, MutableMapping
from http import HTTPStatus
from typing import Any, Protocol, cast
from urllib.parse import unquote

from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.protocols.utils import ClientDisconnected, get_local_addr, get_remote_addr, is_ssl
from uvicorn.server import ServerState

from realtime.connection import HANDSHAKE_SECONDS, Connection, Receiver, State
from realtime.frames import BINARY, TEXT, WireCode, encode_frame
from realtime.handshake import Upgrade, accept_response

logger = logging.getLogger(__name__)

EXTENSION = "stoa.frames"
MAX_WAITING_MESSAGES = 32

Message = MutableMapping[str, Any]


class FrameSocket(Protocol):
    """What the `stoa.frames` extension offers."""

    write: Callable[[bytes], None]
    """Writes whole frames, unconditionally; only between `attach` and `disconnected`."""
    is_congested: bool
    """The peer reads slower than we write: look at `buffered` before writing more."""

    @property
    def buffered(self) -> int: ...
    def attach(self, receiver: Receiver) -> None: ...
    def close(self, code: int, reason: str = "") -> None: ...
    def abort(self) -> None: ...


class StoaWebSocket(Connection):
    """A connection as an ASGI application sees it."""

    __slots__ = ("_app_state", "_drained", "_inbox", "_receiver", "_refusal", "_waiter")

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, _loop or asyncio.get_running_loop())
        self._app_state = app_state
        self._receiver: Receiver | None = None
        self._inbox: deque[Message] | None = None
        self._waiter: asyncio.Future[None] | None = None
        self._drained: asyncio.Future[None] | None = None
        self._refusal: tuple[int, list[tuple[bytes, bytes]]] | None = None

    # -- the extension ------------------------------------------------------------------

    def attach(self, receiver: Receiver) -> None:
        """From now on `receiver` hears of everything; the application may return.

        What came in before is handed over first. On a socket that is closed already,
        `receiver.disconnected` is called at once.
        """
        waiting, self._inbox = self._inbox, None
        if self._state != State.OPEN:
            receiver.disconnected(self._close_code)
            return
        self._receiver = receiver
        self.resume_reading()
        for message in waiting or ():
            if self._receiver is not None and message["type"] == "websocket.receive":
                text = message.get("text")
                receiver.received(message["bytes"] if text is None else text)

    # -- Connection ---------------------------------------------------------------------

    def on_upgrade(self, upgrade: Upgrade) -> None:
        self._put({"type": "websocket.connect"})
        task = self._loop.create_task(self._run(self._build_scope(upgrade)))
        self._server_state.tasks.add(task)
        task.add_done_callback(self._server_state.tasks.discard)

    def on_message(self, message: str | bytes) -> None:
        if self._receiver is not None:
            self._receiver.received(message)
            return
        kind = "text" if isinstance(message, str) else "bytes"
        self._put({"type": "websocket.receive", kind: message})
        if self._inbox is not None and len(self._inbox) >= MAX_WAITING_MESSAGES:
            self.pause_reading()

    def on_disconnect(self, code: int) -> None:
        receiver, self._receiver = self._receiver, None
        if receiver is not None:
            receiver.disconnected(code)
        else:
            self._put({"type": "websocket.disconnect", "code": code, "reason": ""})

    def resume_writing(self) -> None:
        super().resume_writing()
        drained, self._drained = self._drained, None
        if drained is not None:
            drained.set_result(None)

    # -- ASGI ---------------------------------------------------------------------------

    def _build_scope(self, upgrade: Upgrade) -> Message:
        root_path = self._config.root_path
        path, _, query = upgrade.target.partition(b"?")
        return {
            "type": "websocket",
            "asgi": {"version": self._config.asgi_version, "spec_version": "2.4"},
            "http_version": "1.1",
            "scheme": "wss" if is_ssl(self._transport) else "ws",
            "server": get_local_addr(self._transport),
            "client": get_remote_addr(self._transport),
            "root_path": root_path,
            "path": root_path + unquote(path.decode("latin-1")),
            "raw_path": root_path.encode() + path,
            "query_string": query,
            "headers": upgrade.headers,
            "subprotocols": upgrade.subprotocols,
            "state": self._app_state.copy(),
            "extensions": {"websocket.http.response": {}, EXTENSION: self},
        }

    async def _run(self, scope: Message) -> None:
        try:
            await self._config.loaded_app(cast(Any, scope), self._receive, cast(Any, self._send))
        except ClientDisconnected:
            logger.debug("client_disconnected")
        except Exception:
            logger.exception("websocket_application_failed")
        if self._state == State.CONNECTING:
            self.refuse(HTTPStatus.INTERNAL_SERVER_ERROR)
        elif self._state == State.OPEN and self._receiver is None:
            self.close(WireCode.SERVER_ERROR)

    def _put(self, message: Message) -> None:
        if self._inbox is None:
            self._inbox = deque()
        self._inbox.append(message)
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    async def _receive(self) -> Any:
        while not self._inbox:
            self._waiter = self._loop.create_future()
            await self._waiter
            self._waiter = None
        message = self._inbox.popleft()
        if not self._inbox:
            self._inbox = None
            self.resume_reading()
        return message

    async def _send(self, message: Message) -> None:
        if self.is_congested and self._state == State.OPEN:
            if self._drained is None:
                self._drained = self._loop.create_future()
            await asyncio.shield(self._drained)
        if self._state == State.CONNECTING:
            self._answer_handshake(message)
        elif self._state == State.OPEN:
            self._send_open(message)
        else:
            raise ClientDisconnected

    def _answer_handshake(self, message: Message) -> None:
        match message["type"]:
            case "websocket.accept" if self._upgrade is not None:
                headers = [*self._server_state.default_headers, *message.get("headers", ())]
                subprotocol = message.get("subprotocol")
                self.open(accept_response(self._upgrade.key, subprotocol, headers))
            case "websocket.close":
                self.refuse(HTTPStatus.FORBIDDEN)
            case "websocket.http.response.start":
                self._refusal = (message["status"], list(message.get("headers", ())))
            case "websocket.http.response.body" if self._refusal is not None:
                status, headers = self._refusal
                self.refuse(status, headers, message.get("body", b""))
            case other:
                raise RuntimeError(f"{other} before the handshake's end")

    def _send_open(self, message: Message) -> None:
        match message["type"]:
            case "websocket.send":
                text = message.get("text")
                if text is not None:
                    self.write(encode_frame(TEXT, text.encode()))
                else:
                    self.write(encode_frame(BINARY, message["bytes"]))
            case "websocket.close":
                self.close(message.get("code") or WireCode.NORMAL, message.get("reason") or "")
            case other:
                raise RuntimeError(f"{other} on an open socket")


class StoaHttp(HttpToolsProtocol):
    """uvicorn's HTTP, with a time in which a request's head has to be complete.

    Without it a client that sends one byte a second holds a descriptor for ever.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._head_timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn declares it
        super().connection_made(transport)
        self._expect_head()

    def connection_lost(self, exc: Exception | None) -> None:
        self._forget_head()
        super().connection_lost(exc)

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._expect_head()

    def on_headers_complete(self) -> None:
        self._forget_head()
        super().on_headers_complete()

    def _expect_head(self) -> None:
        self._forget_head()
        self._head_timer = self.loop.call_later(HANDSHAKE_SECONDS, self.transport.abort)

    def _forget_head(self) -> None:
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None
