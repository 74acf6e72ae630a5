"""The two ways out to a client: ready frames, or ASGI `send` through a bounded queue.

Neither ever waits. A client that reads too slowly is cut off: what it misses it finds in the
log when it comes back.
"""

import asyncio
import contextlib
from collections import deque
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, Protocol

from realtime.protocol import CloseCode
from realtime.room import Batch
from realtime.server import FrameSocket

MAX_QUEUED_BATCHES = 256

Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]


class Outlet(Protocol):
    def write(self, batch: Batch) -> bool:
        """False when the client was too slow and has been cut off."""
        ...

    def close(self, code: int, reason: str) -> None: ...

    @property
    def buffered(self) -> int: ...


class FrameOutlet:
    """On our own server: one write of bytes that all sockets share."""

    __slots__ = ("_limit", "_socket", "_write")

    def __init__(self, socket: FrameSocket, limit: int) -> None:
        self._socket = socket
        self._write = socket.write
        self._limit = limit

    def write(self, batch: Batch) -> bool:
        socket = self._socket
        if socket.is_congested and socket.buffered + len(batch.wire) > self._limit:
            # Closing would wait for a reader that does not read.
            socket.abort()
            return False
        self._write(batch.wire)
        return True

    def close(self, code: int, reason: str) -> None:
        self._socket.close(code, reason)

    @property
    def buffered(self) -> int:
        return self._socket.buffered


class QueueOutlet:
    """On any other ASGI server. `run` sends what is queued until the socket is closed."""

    def __init__(self, send: Send, limit: int) -> None:
        self._send = send
        self._limit = limit
        self._queue: deque[bytes] = deque()
        self._bytes = 0
        self._wake = asyncio.Event()
        self._close: tuple[int, str] | None = None

    def write(self, batch: Batch) -> bool:
        size = sum(map(len, batch.texts))
        if self._close is not None:
            return True
        if self._bytes + size > self._limit or len(self._queue) > MAX_QUEUED_BATCHES * 4:
            self._queue.clear()
            self.close(CloseCode.SLOW_CONSUMER, "")
            return False
        self._queue.extend(batch.texts)
        self._bytes += size
        self._wake.set()
        return True

    def close(self, code: int, reason: str) -> None:
        if self._close is None:
            self._close = (code, reason)
            self._wake.set()

    @property
    def buffered(self) -> int:
        return self._bytes

    async def run(self) -> None:
        """Returns once the close is sent, or the server says that the client is gone."""
        with contextlib.suppress(OSError):
            while self._close is None or self._queue:
                if not self._queue:
                    self._wake.clear()
                    await self._wake.wait()
                    continue
                text = self._queue.popleft()
                self._bytes -= len(text)
                await self._send({"type": "websocket.send", "text": text.decode()})
            code, reason = self._close
            await self._send({"type": "websocket.close", "code": code, "reason": reason})
