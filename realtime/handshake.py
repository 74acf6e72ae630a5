"""The opening handshake of RFC 6455 §4.2, without any I/O."""

import base64
import binascii
import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from http import HTTPStatus

Headers = Iterable[tuple[bytes, bytes]]

_ACCEPT_GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
MAX_HEAD = 64 * 1024


class HandshakeError(Exception):
    """The request cannot become a socket: answer `status` with `headers`."""

    def __init__(self, status: HTTPStatus, headers: Headers = ()) -> None:
        super().__init__(status.phrase)
        self.status = status
        self.headers = headers


@dataclass(frozen=True, slots=True)
class Upgrade:
    """A valid request to open a socket. Header names are lower case."""

    target: bytes
    headers: list[tuple[bytes, bytes]]
    key: bytes
    subprotocols: list[str]


def parse_upgrade(head: bytes) -> Upgrade:
    """Read a request head (without its empty last line). Raises HandshakeError."""
    lines = head.split(b"\r\n")
    method, _, rest = lines[0].partition(b" ")
    target, _, version = rest.partition(b" ")
    if method != b"GET" or version != b"HTTP/1.1" or not target.startswith(b"/"):
        raise HandshakeError(HTTPStatus.BAD_REQUEST)
    headers = [_parse_header(line) for line in lines[1:]]
    return Upgrade(
        target=target,
        headers=headers,
        key=_check_upgrade(headers),
        subprotocols=[
            token.decode("latin-1") for token in _tokens(headers, b"sec-websocket-protocol")
        ],
    )


def _parse_header(line: bytes) -> tuple[bytes, bytes]:
    name, colon, value = line.partition(b":")
    if not colon or not name or name != name.strip():
        raise HandshakeError(HTTPStatus.BAD_REQUEST)
    return name.lower(), value.strip()


def _tokens(headers: list[tuple[bytes, bytes]], wanted: bytes) -> list[bytes]:
    values = b",".join(value for name, value in headers if name == wanted)
    return [token.strip() for token in values.split(b",") if token.strip()]


def _check_upgrade(headers: list[tuple[bytes, bytes]]) -> bytes:
    """The handshake's key, once everything else the standard asks for is there."""
    upgrade = [token.lower() for token in _tokens(headers, b"upgrade")]
    connection = [token.lower() for token in _tokens(headers, b"connection")]
    if b"websocket" not in upgrade or b"upgrade" not in connection:
        raise HandshakeError(HTTPStatus.UPGRADE_REQUIRED, [(b"upgrade", b"websocket")])
    if _tokens(headers, b"sec-websocket-version") != [b"13"]:
        raise HandshakeError(HTTPStatus.UPGRADE_REQUIRED, [(b"sec-websocket-version", b"13")])
    keys = [value for name, value in headers if name == b"sec-websocket-key"]
    hosts = [value for name, value in headers if name == b"host"]
    if len(keys) != 1 or len(hosts) != 1 or not _is_key(keys[0]):
        raise HandshakeError(HTTPStatus.BAD_REQUEST)
    return keys[0]


def _is_key(value: bytes) -> bool:
    try:
        return len(base64.b64decode(value, validate=True)) == 16
    except binascii.Error:
        return False


def accept_response(key: bytes, subprotocol: str | None, headers: Headers) -> bytes:
    digest = hashlib.sha1(key + _ACCEPT_GUID, usedforsecurity=False).digest()
    fixed = [
        (b"upgrade", b"websocket"),
        (b"connection", b"Upgrade"),
        (b"sec-websocket-accept", base64.b64encode(digest)),
    ]
    if subprotocol is not None:
        fixed.append((b"sec-websocket-protocol", subprotocol.encode("latin-1")))
    return _render(HTTPStatus.SWITCHING_PROTOCOLS, [*fixed, *headers])


def refusal_response(status: int, headers: Headers = (), body: bytes = b"") -> bytes:
    fixed = [(b"connection", b"close"), (b"content-length", str(len(body)).encode())]
    named = [pair for pair in headers if pair[0].lower() != b"content-length"]
    return _render(status, [*fixed, *named]) + body


def _render(status: int, headers: Headers) -> bytes:
    lines = [b"HTTP/1.1 %d %s" % (status, HTTPStatus(status).phrase.encode())]
    lines += [name + b": " + value for name, value in headers]
    return b"\r\n".join(lines) + b"\r\n\r\n"
