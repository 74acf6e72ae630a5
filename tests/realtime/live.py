"""Clients of real servers: what a person's program would do, and a record of all it was sent."""

import asyncio
import contextlib
import itertools
import json
import uuid
from collections.abc import AsyncIterator, Callable
from typing import Any

import websockets
from websockets.asyncio.client import ClientConnection

from tests.realtime.processes import Process

SECONDS = 10.0
Frame = dict[str, Any]


class Socket:
    """Reads all the time; `frames` is everything that came, in order."""

    def __init__(self, connection: ClientConnection) -> None:
        self.connection = connection
        self.frames: list[Frame] = []
        self.raw: list[str] = []
        self.close_code: int | None = None
        self._changed = asyncio.Condition()
        self._ids = itertools.count(1)
        self._reading = asyncio.create_task(self._read())

    async def _read(self) -> None:
        with contextlib.suppress(websockets.ConnectionClosed):
            async for text in self.connection:
                assert isinstance(text, str)
                self.raw.append(text)
                self.frames.append(json.loads(text))
                async with self._changed:
                    self._changed.notify_all()
        self.close_code = self.connection.close_code
        async with self._changed:
            self._changed.notify_all()

    async def until(self, condition: Callable[[], Any], seconds: float = SECONDS) -> Any:
        """What `condition` gives once it is truthy; it is asked after every frame."""
        async with asyncio.timeout(seconds), self._changed:
            await self._changed.wait_for(condition)
        return condition()

    async def push(self, kind: str, seconds: float = SECONDS, **payload: Any) -> Frame:
        """The first push of the type whose payload has these values."""

        def find() -> Frame | None:
            for frame in self.frames:
                if frame["type"] == kind and payload.items() <= frame.get("payload", {}).items():
                    return frame
            return None

        found: Frame = await self.until(find, seconds)
        return found

    async def welcome(self) -> Frame:
        found: Frame = await self.until(lambda: self.frames and self.frames[0])
        assert found["type"] == "welcome", found
        return found

    async def closed(self, seconds: float = SECONDS) -> int:
        code: int = await self.until(lambda: self.close_code, seconds)
        return code

    async def error(self) -> Frame:
        """The error that says why the socket ends."""
        frame: Frame = await self.until(
            lambda: next((f for f in self.frames if f["type"] == "error" and "id" not in f), None)
        )
        return dict(frame["error"])

    async def command(self, kind: str, seconds: float = SECONDS, **payload: Any) -> Frame:
        """Its one reply or error."""
        number = next(self._ids)
        await self.raw_send(json.dumps({"id": number, "type": kind, "payload": payload}))
        return await self.answer(number, seconds)

    async def answer(self, number: int | str, seconds: float = SECONDS) -> Frame:
        def find() -> Frame | None:
            return next((frame for frame in self.frames if frame.get("id") == number), None)

        found: Frame = await self.until(lambda: find() or self.close_code, seconds)
        assert isinstance(found, dict), f"closed with {self.close_code} instead of an answer"
        return found

    async def say(self, content: str, client_id: str | None = None, **more: Any) -> Frame:
        """The payload of the acknowledgement."""
        client_id = client_id or str(uuid.uuid4())
        answer = await self.command("message.send", client_id=client_id, content=content, **more)
        assert answer["type"] == "reply", answer
        return dict(answer["payload"])

    async def raw_send(self, text: str | bytes) -> None:
        await self.connection.send(text)

    def messages(self) -> list[Frame]:
        return [frame for frame in self.frames if frame["type"] == "message.sent"]

    def offsets(self) -> list[int]:
        return [
            frame["offset"]
            for frame in self.frames
            if frame.get("offset") and "topic" in frame and frame["type"] != "welcome"
        ]

    async def close(self) -> None:
        await self.connection.close()
        self._reading.cancel()
        await asyncio.gather(self._reading, return_exceptions=True)


async def connect(
    server: Process,
    path: str,
    token: str | None = None,
    *,
    host: str = "alpha.test",
    headers: dict[str, str] | None = None,
    **options: Any,
) -> Socket:
    extra = dict(headers or {})
    if token is not None:
        extra["Authorization"] = f"Bearer {token}"
    connection = await websockets.connect(
        f"ws://{host}:{server.port}{path}",
        host="127.0.0.1",
        additional_headers=extra,
        proxy=None,
        compression=None,
        **options,
    )
    return Socket(connection)


@contextlib.asynccontextmanager
async def sockets() -> AsyncIterator[Callable[..., Any]]:
    """`await open(server, path, token)`; all are closed at the end."""
    opened: list[Socket] = []

    async def open_(*args: Any, **kwargs: Any) -> Socket:
        socket = await connect(*args, **kwargs)
        opened.append(socket)
        return socket

    try:
        yield open_
    finally:
        await asyncio.gather(*(socket.close() for socket in opened), return_exceptions=True)


def chat_path(conversation_id: Any, since: Frame | None = None) -> str:
    """`since` is a frame with an offset and the welcome's epoch."""
    query = f"?epoch={since['epoch']}&offset={since['offset']}" if since else ""
    return f"/ws/lms/conversation/{conversation_id}/{query}"
