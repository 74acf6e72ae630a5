"""RFC 6455 frames, the server's side, without any I/O.

`FrameReader` turns the bytes of one client into messages and refuses everything the
standard refuses, before it stores more than the limits allow. The encoders make unmasked
frames, ready to be written to any number of sockets.
"""

from codecs import getincrementaldecoder
from collections.abc import Callable
from enum import IntEnum
from struct import Struct

TEXT = 0x1
BINARY = 0x2
CLOSE = 0x8
PING = 0x9
PONG = 0xA

_CONTINUATION = 0x0
_FIN = 0x80
_RESERVED_BITS = 0x70
_MASKED = 0x80
_LARGEST_CONTROL_FRAME = 125

_uint16 = Struct("!H").pack
_uint64 = Struct("!Q").pack
_Utf8Decoder = getincrementaldecoder("utf-8")

Event = tuple[int, str | bytes]
"""(opcode, payload): str for TEXT, bytes for all others. CLOSE carries its raw payload."""


class WireCode(IntEnum):
    """Close codes of the standard that this server uses of its own accord."""

    NORMAL = 1000
    GOING_AWAY = 1001
    PROTOCOL_ERROR = 1002
    NO_STATUS = 1005
    ABNORMAL = 1006
    INVALID_TEXT = 1007
    POLICY = 1008
    TOO_BIG = 1009
    SERVER_ERROR = 1011
    RESTART = 1012


class FrameError(Exception):
    """The client broke the protocol; close with `code` and read nothing more."""

    def __init__(self, code: WireCode, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


def encode_frame(opcode: int, payload: bytes) -> bytes:
    """One final, unmasked frame."""
    length = len(payload)
    if length < 126:
        return bytes((_FIN | opcode, length)) + payload
    if length < 65536:
        return bytes((_FIN | opcode, 126)) + _uint16(length) + payload
    return bytes((_FIN | opcode, 127)) + _uint64(length) + payload


def encode_close(code: int, reason: str = "") -> bytes:
    """A close frame; a reason too long for a control frame is cut at a character."""
    text = reason.encode()[: _LARGEST_CONTROL_FRAME - 2].decode(errors="ignore").encode()
    return encode_frame(CLOSE, _uint16(code) + text)


def parse_close(payload: bytes) -> tuple[int, str]:
    """The code and reason of a received close frame. Raises FrameError for an invalid one."""
    if not payload:
        return WireCode.NO_STATUS, ""
    if len(payload) == 1:
        raise FrameError(WireCode.PROTOCOL_ERROR, "close payload of one byte")
    code = int.from_bytes(payload[:2], "big")
    if not (1000 <= code <= 1014 and code not in (1004, 1005, 1006)) and not 3000 <= code <= 4999:
        raise FrameError(WireCode.PROTOCOL_ERROR, "invalid close code")
    return code, _decode(payload[2:])


def mask_payload(payload: bytes, key: bytes) -> bytes:
    """XOR with the four bytes of `key`; applying it twice gives the payload back."""
    length = len(payload)
    pad = (key * ((length + 3) // 4))[:length]
    mixed = int.from_bytes(payload, "big") ^ int.from_bytes(pad, "big")
    return mixed.to_bytes(length, "big")


def _decode(payload: bytes) -> str:
    try:
        return payload.decode()
    except UnicodeDecodeError as error:
        raise FrameError(WireCode.INVALID_TEXT, "invalid UTF-8") from error


class FrameReader:
    """Reads one client's frames. After a FrameError or a CLOSE it must not be fed again.

    `max_size` bounds a whole message, `max_fragments` the frames it may come in. Invalid
    text is refused at the end of the fragment that holds it, not of the message.
    """

    __slots__ = (
        "_buffer",
        "_decoder",
        "_fragment_opcode",
        "_fragments",
        "_max_fragments",
        "_max_size",
        "_need",
        "_size",
    )

    def __init__(self, max_size: int, max_fragments: int) -> None:
        self._max_size = max_size
        self._max_fragments = max_fragments
        self._buffer: bytearray | None = None
        self._need = 2
        self._fragments: list[str | bytes] | None = None
        self._fragment_opcode = 0
        self._size = 0
        self._decoder: Callable[[bytes, bool], str] | None = None

    @property
    def is_midway(self) -> bool:
        """A message has begun and is not complete."""
        return self._buffer is not None or self._fragments is not None

    def feed(self, data: bytes) -> list[Event]:
        """The events completed by `data`, in order.

        Events before an error in the same bytes are lost with it: a client that breaks the
        protocol has no claim on an answer to what it sent just before.
        """
        source: bytes | bytearray = data
        if self._buffer is not None:
            self._buffer += data
            if len(self._buffer) < self._need:
                return []
            source = self._buffer
        events: list[Event] = []
        start = self._read_frames(source, events)
        self._keep_rest(source, start)
        return events

    def _read_frames(self, source: bytes | bytearray, events: list[Event]) -> int:
        """Appends what is complete to `events`; returns where the incomplete rest begins."""
        start, end = 0, len(source)
        while end - start >= 2:
            first = source[start]
            length, header = self._read_length(source, start, end - start)
            body = start + header + 4
            self._need = header + 4 + length
            if body + length > end:
                return start
            payload = b""
            if length:
                key = bytes(source[body - 4 : body])
                payload = mask_payload(bytes(source[body : body + length]), key)
            start = body + length
            event = self._read_frame(first, payload)
            if event is not None:
                events.append(event)
                if event[0] == CLOSE:
                    return end
        else:
            self._need = 2
        return start

    def _read_length(
        self, source: bytes | bytearray, start: int, available: int
    ) -> tuple[int, int]:
        """The payload's length and the size of the header before the mask.

        While the extended length is incomplete, the length is given as if it were zero,
        which leaves the frame incomplete too: its mask is missing.
        """
        first, second = source[start], source[start + 1]
        self._check_header(first, second)
        length, header = second & 0x7F, 2
        if length == 126:
            header = 4
        elif length == 127:
            header = 10
        if available < header:
            return 0, header
        if header > 2:
            length = int.from_bytes(source[start + 2 : start + header], "big")
            if length < (126 if header == 4 else 65536) or length >> 63:
                raise FrameError(WireCode.PROTOCOL_ERROR, "invalid length form")
        if length + (self._size if self._fragments is not None else 0) > self._max_size and (
            first & 0x8 == 0
        ):
            raise FrameError(WireCode.TOO_BIG, "message too big")
        return length, header

    def _check_header(self, first: int, second: int) -> None:
        opcode = first & 0x0F
        if first & _RESERVED_BITS:
            raise FrameError(WireCode.PROTOCOL_ERROR, "reserved bits set")
        if not second & _MASKED:
            raise FrameError(WireCode.PROTOCOL_ERROR, "frame not masked")
        if opcode >= CLOSE:
            if opcode > PONG:
                raise FrameError(WireCode.PROTOCOL_ERROR, "reserved opcode")
            if not first & _FIN or second & 0x7F > _LARGEST_CONTROL_FRAME:
                raise FrameError(WireCode.PROTOCOL_ERROR, "control frame too long or fragmented")
        elif opcode > BINARY:
            raise FrameError(WireCode.PROTOCOL_ERROR, "reserved opcode")
        elif (opcode == _CONTINUATION) != (self._fragments is not None):
            raise FrameError(WireCode.PROTOCOL_ERROR, "fragments out of order")

    def _read_frame(self, first: int, payload: bytes) -> Event | None:
        opcode = first & 0x0F
        if opcode >= CLOSE:
            return opcode, payload
        if self._fragments is None:
            if first & _FIN:
                return opcode, _decode(payload) if opcode == TEXT else payload
            self._fragments = []
            self._fragment_opcode = opcode
            self._size = 0
            self._decoder = _Utf8Decoder().decode if opcode == TEXT else None
        return self._add_fragment(payload, is_last=bool(first & _FIN))

    def _add_fragment(self, payload: bytes, *, is_last: bool) -> Event | None:
        fragments = self._fragments
        if fragments is None or len(fragments) >= self._max_fragments:
            raise FrameError(WireCode.POLICY, "too many fragments")
        self._size += len(payload)
        if self._decoder is None:
            fragments.append(payload)
        else:
            try:
                fragments.append(self._decoder(payload, is_last))
            except UnicodeDecodeError as error:
                raise FrameError(WireCode.INVALID_TEXT, "invalid UTF-8") from error
        if not is_last:
            return None
        self._fragments = self._decoder = None
        if self._fragment_opcode == TEXT:
            return TEXT, "".join(part for part in fragments if isinstance(part, str))
        return BINARY, b"".join(part for part in fragments if isinstance(part, bytes))

    def _keep_rest(self, source: bytes | bytearray, start: int) -> None:
        if start == len(source):
            self._buffer = None
        elif source is self._buffer:
            del self._buffer[:start]
        else:
            self._buffer = bytearray(source[start:])
