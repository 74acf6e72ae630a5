"""A server in this loop and a client that may break every rule, for the tests of the wire."""

import asyncio
import base64
import contextlib
import os
from collections.abc import Callable
from typing import Any, ClassVar

import uvicorn
from uvicorn.server import ServerState

from realtime.connection import Receiver
from realtime.frames import CLOSE, PING, encode_frame, mask_payload
from realtime.server import EXTENSION, StoaHttp, StoaWebSocket


class Echo:
    """An attached receiver that sends everything back and notes how it ended."""

    def __init__(self, connection: Any, codes: list[int]) -> None:
        self.connection = connection
        self.codes = codes

    def received(self, message: str | bytes) -> None:
        if isinstance(message, str):
            self.connection.write(encode_frame(1, message.encode()))
        else:
            self.connection.write(encode_frame(2, message))

    def disconnected(self, code: int) -> None:
        self.codes.append(code)


class EchoApp:
    """Echoes by plain ASGI, or through the extension when `attach` is set."""

    def __init__(self, *, attach: bool = False) -> None:
        self.attach = attach
        self.codes: list[int] = []
        self.scopes: list[Any] = []
        self.connections: list[Any] = []
        self.receivers: list[Receiver] = []

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        self.scopes.append(scope)
        await receive()
        await send(
            {"type": "websocket.accept", "subprotocol": next(iter(scope["subprotocols"]), None)}
        )
        connection = scope["extensions"][EXTENSION]
        self.connections.append(connection)
        if self.attach:
            connection.attach(Echo(connection, self.codes))
            return
        while True:
            message = await receive()
            if message["type"] == "websocket.disconnect":
                self.codes.append(message["code"])
                return
            message["type"] = "websocket.send"
            await send(message)


async def until(condition: Callable[[], object], *, seconds: float = 5) -> None:
    """Returns as soon as `condition` holds; fails after `seconds`."""
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110 - what is awaited has no event to set
            await asyncio.sleep(0.005)


@contextlib.asynccontextmanager
async def serving(app: Any, **options: Any) -> Any:
    """Yields (port, server state). As uvicorn serves, without its polling main loop."""
    defaults: dict[str, Any] = {"lifespan": "off", "log_config": None, "ws_max_size": 65536}
    config = uvicorn.Config(app, ws=StoaWebSocket, http=StoaHttp, **{**defaults, **options})
    config.load()
    state = ServerState()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: StoaHttp(config, state, {}), "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1], state
    finally:
        while Client.opened:
            Client.opened.pop().drop()
        server.close()
        await until(lambda: not state.connections and not state.tasks)


class Client:
    opened: "ClassVar[list[Client]]" = []
    """Dropped when the server of the test ends."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer
        self.response = b""
        Client.opened.append(self)

    @classmethod
    async def connect(cls, port: int) -> "Client":
        return cls(*await asyncio.open_connection("127.0.0.1", port))

    @classmethod
    async def open(
        cls, port: int, path: str = "/", headers: dict[str, str] | None = None
    ) -> "Client":
        client = await cls.connect(port)
        client.writer.write(handshake(path, headers or {}))
        client.response = await client.read_response()
        return client

    async def read_response(self) -> bytes:
        async with asyncio.timeout(5):
            return await self.reader.readuntil(b"\r\n\r\n")

    def send(self, opcode: int, payload: bytes, **how: Any) -> None:
        self.writer.write(masked_frame(opcode, payload, **how))

    async def read(self) -> tuple[int, bytes]:
        """One frame; fails if the server masks it or sets a reserved bit."""
        async with asyncio.timeout(5):
            first, second = await self.reader.readexactly(2)
            assert first & 0xF0 == 0x80
            length = second
            if second == 126:
                length = int.from_bytes(await self.reader.readexactly(2), "big")
            elif second == 127:
                length = int.from_bytes(await self.reader.readexactly(8), "big")
            return first & 0x0F, await self.reader.readexactly(length)

    async def read_close(self) -> int:
        """The code of the close frame: the last frame, and the next but for pings."""
        opcode, payload = await self.read()
        while opcode == PING:
            opcode, payload = await self.read()
        assert opcode == CLOSE
        await self.read_end()
        return int.from_bytes(payload[:2], "big") if payload else 1005

    async def read_end(self) -> None:
        async with asyncio.timeout(5):
            assert await self.reader.read() == b""

    async def read_abort(self) -> None:
        """The connection ends without another byte, by an end or by a reset."""
        async with asyncio.timeout(5):
            with contextlib.suppress(ConnectionResetError):
                assert await self.reader.read() == b""

    def drop(self) -> None:
        self.writer.transport.abort()


def handshake(path: str = "/", headers: dict[str, str] | None = None) -> bytes:
    fields = {
        "Host": "127.0.0.1",
        "Upgrade": "websocket",
        "Connection": "keep-alive, Upgrade",
        "Sec-WebSocket-Key": base64.b64encode(os.urandom(16)).decode(),
        "Sec-WebSocket-Version": "13",
        **(headers or {}),
    }
    lines = [f"GET {path} HTTP/1.1"]
    lines += [f"{name}: {value}" for name, value in fields.items() if value]
    return "\r\n".join(lines).encode() + b"\r\n\r\n"


def masked_frame(
    opcode: int,
    payload: bytes,
    *,
    fin: bool = True,
    mask: bool = True,
    reserved: int = 0,
    length_form: int | None = None,
    claim: int | None = None,
) -> bytes:
    """A client's frame; `claim` lies about the length, `length_form` forces 7, 16 or 64 bits."""
    length = len(payload) if claim is None else claim
    form = length_form or (7 if length < 126 else 16 if length < 65536 else 64)
    first = (0x80 if fin else 0) | reserved | opcode
    masked = 0x80 if mask else 0
    head = {
        7: lambda: bytes((first, masked | length)),
        16: lambda: bytes((first, masked | 126)) + length.to_bytes(2, "big"),
        64: lambda: bytes((first, masked | 127)) + length.to_bytes(8, "big"),
    }[form]()
    if not mask:
        return head + payload
    key = os.urandom(4)
    return head + key + mask_payload(payload, key)


def talk(app, script, **options):
    """Run `script(client)` against a server with `app` on an open socket."""

    async def run():
        async with serving(app, **options) as (port, _):
            client = await Client.open(port)
            assert client.response.startswith(b"HTTP/1.1 101 ")
            await script(client)

    asyncio.run(run())
