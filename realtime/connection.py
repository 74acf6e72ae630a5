"""One WebSocket connection on an asyncio transport: the rules of RFC 6455, and ours.

Ours: a peer that does not read, does not answer pings, or does not finish what it began is
aborted, never waited for; a message has a largest size, a largest number of fragments and a
time to be completed in. What the application sees of it is in `realtime.server`.
"""

import asyncio
import socket
from collections.abc import Callable
from enum import IntEnum
from http import HTTPStatus
from typing import Any, Protocol, cast

from uvicorn.config import Config
from uvicorn.server import ServerState

from realtime.frames import (
    BINARY,
    CLOSE,
    PING,
    PONG,
    TEXT,
    FrameError,
    FrameReader,
    WireCode,
    encode_close,
    encode_frame,
    parse_close,
)
from realtime.handshake import MAX_HEAD, HandshakeError, Upgrade, parse_upgrade, refusal_response
from realtime.keeper import get_keeper

HANDSHAKE_SECONDS = 10.0
MESSAGE_SECONDS = 10.0
CLOSE_SECONDS = 5.0
MAX_FRAGMENTS = 64
# Bounds what the kernel holds for a reader that does not read; it doubles the number.
SEND_BUFFER = 128 * 1024


class Receiver(Protocol):
    """Who listens to a socket. Called from the loop; must not block."""

    def received(self, message: str | bytes) -> None: ...

    def disconnected(self, code: int) -> None:
        """Called exactly once; nothing can be written any more."""


class State(IntEnum):
    HEAD = 0
    CONNECTING = 1
    OPEN = 2
    CLOSING = 3
    CLOSED = 4


class Connection(asyncio.Protocol):
    """From the request's head to the last byte. Subclasses decide who receives."""

    __slots__ = (
        "__weakref__",
        "_close_code",
        "_config",
        "_head",
        "_is_reading_paused",
        "_keeper",
        "_loop",
        "_pong",
        "_reader",
        "_server_state",
        "_state",
        "_transport",
        "_upgrade",
        "is_congested",
        "keeper_slot",
        "write",
    )

    keeper_slot: int
    write: Callable[[bytes], None]

    def __init__(
        self, config: Config, server_state: ServerState, loop: asyncio.AbstractEventLoop
    ) -> None:
        self._config = config
        self._server_state = server_state
        self._loop = loop
        self._keeper = get_keeper(loop, config.ws_ping_interval, config.ws_ping_timeout)
        self._reader = FrameReader(config.ws_max_size, MAX_FRAGMENTS)
        self._state = State.HEAD
        self._head: bytes | None = b""
        self._close_code: int = WireCode.ABNORMAL
        self._upgrade: Upgrade | None = None
        self._pong: bytes | None = None
        self._is_reading_paused = False
        self.is_congested = False

    # -- for subclasses -----------------------------------------------------------------

    def on_upgrade(self, upgrade: Upgrade) -> None:
        """The request is valid: begin to answer it."""
        raise NotImplementedError

    def on_message(self, message: str | bytes) -> None:
        raise NotImplementedError

    def on_disconnect(self, code: int) -> None:
        """Called once, if `on_upgrade` was, however the connection ends."""
        raise NotImplementedError

    # -- asyncio ------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self.write = self._transport.write
        raw = self._transport.get_extra_info("socket")
        if raw is not None:
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER)
        self._server_state.connections.add(cast(Any, self))
        self._keeper.add(self)
        self._keeper.set_deadline(self, HANDSHAKE_SECONDS)

    def connection_lost(self, exc: Exception | None) -> None:
        self._server_state.connections.discard(cast(Any, self))
        self._keeper.discard(self)
        was_live = self._state in (State.CONNECTING, State.OPEN)
        self._state = State.CLOSED
        if was_live:
            self.on_disconnect(self._close_code)
        self.resume_writing()

    def eof_received(self) -> None:
        # The transport closes itself now, but only once a perhaps dead reader has read.
        self._keeper.set_deadline(self, CLOSE_SECONDS)

    def pause_writing(self) -> None:
        self.is_congested = True

    def resume_writing(self) -> None:
        self.is_congested = False

    def data_received(self, data: bytes) -> None:
        if self._state in (State.OPEN, State.CLOSING):
            self._read(data)
        elif self._head is not None:
            self._read_head(data)

    # -- reading ------------------------------------------------------------------------

    def _read_head(self, data: bytes) -> None:
        """Collects the request; what a hasty client sends after it waits for the accept."""
        self._head = (self._head or b"") + data
        if self._state == State.CONNECTING:
            if len(self._head) > self._config.ws_max_size + MAX_HEAD:
                self._transport.abort()
            return
        head, end, rest = self._head.partition(b"\r\n\r\n")
        if not end:
            if len(self._head) > MAX_HEAD:
                self.refuse(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)
            return
        self._head = rest
        try:
            self._upgrade = parse_upgrade(head)
        except HandshakeError as error:
            self.refuse(error.status, list(error.headers))
            return
        self._state = State.CONNECTING
        self.on_upgrade(self._upgrade)

    def _read(self, data: bytes) -> None:
        try:
            completed = False
            for opcode, payload in self._reader.feed(data):
                completed = self._handle(opcode, payload) or completed
        except FrameError as error:
            self._fail(error.code, error.reason)
            return
        if self._state != State.OPEN:
            return
        if self._reader.is_midway:
            if completed or not self._keeper.has_deadline(self):
                self._keeper.set_deadline(self, MESSAGE_SECONDS)
        else:
            self._keeper.clear_deadline(self)

    def _handle(self, opcode: int, payload: str | bytes) -> bool:
        """Whether this was (the end of) a message."""
        if opcode in (TEXT, BINARY):
            if self._state == State.OPEN:
                self.on_message(payload)
            return True
        raw = cast(bytes, payload)
        if opcode == PING:
            # A peer that pings and does not read would fill our memory with pongs.
            if self._state == State.OPEN and not self.is_congested:
                self.write(encode_frame(PONG, raw))
        elif opcode == PONG:
            if raw == self._pong:
                self._pong = None
        elif opcode == CLOSE:
            self._handle_close(raw)
        return False

    def _handle_close(self, payload: bytes) -> None:
        code, _ = parse_close(payload)
        was_open, self._close_code = self._state == State.OPEN, code
        if was_open:
            self.write(encode_frame(CLOSE, payload[:2]))
        self._end(tell=was_open)

    def pause_reading(self) -> None:
        """Stop reading until `resume_reading`; pongs are not expected meanwhile."""
        self._is_reading_paused = True
        self._transport.pause_reading()

    def resume_reading(self) -> None:
        if self._is_reading_paused:
            self._is_reading_paused = False
            self._pong = None
            if not self._transport.is_closing():
                self._transport.resume_reading()

    # -- keeper -------------------------------------------------------------------------

    def ping(self, payload: bytes, frame: bytes) -> None:
        if self._state == State.OPEN and not self._is_reading_paused:
            self._pong = payload
            self.write(frame)

    def check_pong(self) -> None:
        if self._pong is not None and not self._is_reading_paused:
            self.abort()

    def deadline_passed(self) -> None:
        if self._state == State.OPEN and not self._transport.is_closing():
            self._fail(WireCode.POLICY, "message not completed in time")
        else:
            self._transport.abort()

    # -- writing and closing ------------------------------------------------------------

    @property
    def buffered(self) -> int:
        """Bytes written that the kernel has not taken yet."""
        return self._transport.get_write_buffer_size()

    def open(self, response: bytes) -> None:
        """Send the handshake's answer; frames may flow both ways from here on."""
        self.write(response)
        self._state = State.OPEN
        self._upgrade = None
        self._keeper.clear_deadline(self)
        waiting, self._head = self._head, None
        if waiting:
            self._read(waiting)

    def refuse(
        self, status: int, headers: list[tuple[bytes, bytes]] | None = None, body: bytes = b""
    ) -> None:
        """Answer the request with an HTTP response instead of a socket."""
        self._transport.write(refusal_response(status, headers or [], body))
        self._end(tell=self._state == State.CONNECTING)

    def close(self, code: int, reason: str = "") -> None:
        """Begin the closing handshake; the peer has CLOSE_SECONDS to answer."""
        if self._state == State.OPEN:
            self._state = State.CLOSING
            self._close_code = code
            self.write(encode_close(code, reason))
            self._keeper.set_deadline(self, CLOSE_SECONDS)
            self.resume_reading()
            self.on_disconnect(code)

    def abort(self) -> None:
        """Drop the connection and what is still unsent, now."""
        self._transport.abort()

    def shutdown(self) -> None:
        """Called by uvicorn when the server stops."""
        if self._state == State.OPEN:
            self.close(WireCode.RESTART)
        elif self._state in (State.HEAD, State.CONNECTING):
            self.refuse(HTTPStatus.SERVICE_UNAVAILABLE)

    def _fail(self, code: int, reason: str) -> None:
        """The peer broke a rule: tell it, and do not wait for its answer."""
        was_open, self._close_code = self._state == State.OPEN, code
        if was_open:
            self.write(encode_close(code, reason))
        self._end(tell=was_open)

    def _end(self, *, tell: bool) -> None:
        """Close once all is written; a reader that does not read is given CLOSE_SECONDS."""
        self._state = State.CLOSED
        self._head = None
        self._transport.close()
        self._keeper.set_deadline(self, CLOSE_SECONDS)
        if tell:
            self.on_disconnect(self._close_code)
