"""A small WebSocket server for the load generator to talk to, and one that cuts frames up."""

import asyncio
import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed


class Room:
    """Welcomes, answers each command, and gives it to everyone who is there."""

    def __init__(self) -> None:
        self.commands: list[dict[str, Any]] = []
        self.requests: list[tuple[str, dict[str, str]]] = []
        self.sockets: list[ServerConnection] = []
        self.port = 0
        self.loop = asyncio.new_event_loop()

    async def welcome(self, socket: ServerConnection) -> None:
        await socket.send('{"type":"welcome"}')

    async def answer(self, socket: ServerConnection, command: dict[str, Any]) -> None:
        await socket.send(json.dumps({"id": command["id"], "type": "reply", "payload": {}}))
        for other in self.readers():
            await other.send(json.dumps({"type": "sent", "payload": command["payload"]}))

    def readers(self) -> list[ServerConnection]:
        return self.sockets

    async def handle(self, socket: ServerConnection) -> None:
        assert socket.request is not None
        self.requests.append((socket.request.path, dict(socket.request.headers.raw_items())))
        self.sockets.append(socket)
        try:
            await self.welcome(socket)
            async for text in socket:
                command = json.loads(text)
                self.commands.append(command)
                await self.answer(socket, command)
        except ConnectionClosed:
            pass  # the load generator leaves without a word
        finally:
            self.sockets.remove(socket)

    def call(self, coroutine: Any) -> Any:
        """Run a coroutine on the server's loop, from the test."""
        return asyncio.run_coroutine_threadsafe(coroutine, self.loop).result(timeout=10)


@contextmanager
def serving(room: Room) -> Iterator[Room]:
    """The room on a free port of this machine, served by a thread."""
    started, stop = threading.Event(), asyncio.Event()

    async def main() -> None:
        async with serve(room.handle, "127.0.0.1", 0, ping_interval=None) as server:
            room.port = next(iter(server.sockets)).getsockname()[1]
            started.set()
            await stop.wait()

    thread = threading.Thread(target=room.loop.run_until_complete, args=(main(),))
    thread.start()
    try:
        assert started.wait(10)
        yield room
    finally:
        room.loop.call_soon_threadsafe(stop.set)
        thread.join(10)
        room.loop.close()


@contextmanager
def speaking(*pieces_after_each_command: bytes) -> Iterator[int]:
    """The port of a server for one client that writes these bytes, one write for each item."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=_speak, args=(listener, pieces_after_each_command))
        thread.start()
        try:
            yield listener.getsockname()[1]
        finally:
            thread.join(10)


def _speak(listener: socket.socket, pieces: tuple[bytes, ...]) -> None:
    connection, _ = listener.accept()
    with connection:
        connection.settimeout(10)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        request = b""
        while b"\r\n\r\n" not in request:
            request += connection.recv(4096)
        connection.sendall(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n")
        command = connection.recv(4096)
        for piece in pieces:
            connection.sendall(_with_time(piece, command))
        connection.recv(4096)  # returns when the client goes


def _with_time(piece: bytes, command: bytes) -> bytes:
    """`TIME` in a piece becomes the time of the masked command, all 23 bytes of it."""
    mask, masked = command[2:6], command[6:]
    text = bytes(byte ^ mask[i % 4] for i, byte in enumerate(masked))
    start = text.index(b"~t=")
    return piece.replace(b"TIME", text[start : start + 23])
