"""The words clients and server exchange. No I/O, no Django.

A client sends commands; a command with an `id` gets exactly one reply or error with that
`id`. The server sends pushes of its own accord. One frame is one JSON object.

    -> {"id": 7, "type": "message.send", "payload": {...}}
    <- {"id": 7, "type": "reply", "payload": {...}}
    <- {"id": 8, "type": "error", "error": {"code": "permission_denied", "message": "..."}}
    <- {"type": "message.sent", "topic": "conversation:…", "offset": 118, "payload": {...}}
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import Any, NoReturn

CommandId = int | str
MAX_ID_LENGTH = 64
MAX_DEPTH = 32
_FIELDS = frozenset({"id", "type", "payload"})
_dumps = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode


class CloseCode(IntEnum):
    """4000-4499: the client should reconnect. 4500-4999: it should not."""

    SLOW_CONSUMER = 4008
    TOKEN_EXPIRED = 4009
    TOO_MANY = 4029
    UNAUTHENTICATED = 4501
    FORBIDDEN = 4503
    NOT_FOUND = 4504
    TENANT_SUSPENDED = 4510
    ACCOUNT_DISABLED = 4511
    REMOVED = 4512
    PROTOCOL_ERROR = 4520


class BadFrame(ValueError):
    """The frame is not a command. `code` is stable; `id` is the command's where it is known."""

    def __init__(self, code: str, message: str, command_id: CommandId | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.id = command_id


@dataclass(frozen=True, slots=True)
class Command:
    id: CommandId | None
    type: str
    payload: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Publication:
    """One thing that happened on a topic. `payload` is JSON text, rendered once.

    With offset 0 it is in no log and may be lost: typing, presence.
    """

    topic: str
    type: str
    payload: str
    offset: int = 0
    epoch: str = ""


def decode(text: str | bytes) -> Command:
    """Read one frame. Raises BadFrame, whatever the bytes are."""
    if not isinstance(text, str):
        raise BadFrame("binary_frame", "Frames are JSON text.")
    frame = _parse(text)
    command_id = frame.get("id")
    if command_id is not None and not _is_id(command_id):
        raise BadFrame("invalid_field", "id: an integer or a short string.")
    unknown = frame.keys() - _FIELDS
    if unknown:
        raise BadFrame("invalid_field", f"{min(unknown)[:64]}: unknown field.", command_id)
    if not isinstance(frame.get("type"), str):
        raise BadFrame("invalid_field", "type: a string is required.", command_id)
    payload = frame.get("payload", {})
    if not isinstance(payload, dict):
        raise BadFrame("invalid_field", "payload: an object is required.", command_id)
    return Command(command_id, frame["type"], payload)


def _is_id(value: Any) -> bool:
    if isinstance(value, bool):
        return False
    if isinstance(value, int):
        return abs(value) < 1 << 53
    return isinstance(value, str) and len(value) <= MAX_ID_LENGTH


def _parse(text: str) -> dict[str, Any]:
    try:
        frame = _decoder.decode(text)
    except (ValueError, RecursionError) as error:
        raise BadFrame("bad_json", "The frame is not valid JSON.") from error
    if not isinstance(frame, dict):
        raise BadFrame("bad_json", "A frame is one JSON object.")
    if "\\u" in text or text.count("[") + text.count("{") > MAX_DEPTH:
        _check_values(frame, MAX_DEPTH)
    return frame


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _unique_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key occurs twice")
    return found


_decoder = json.JSONDecoder(object_pairs_hook=_unique_keys, parse_constant=_refuse_constant)


def _check_values(value: Any, depth: int) -> None:
    """Refuse what JSON can write with escapes and PostgreSQL cannot keep, and deep nesting."""
    if depth == 0:
        raise BadFrame("bad_json", "The frame is nested too deeply.")
    if isinstance(value, str):
        if "\x00" in value or any("\ud800" <= character <= "\udfff" for character in value):
            raise BadFrame("bad_json", "Text may not hold NUL or half a surrogate pair.")
    elif isinstance(value, dict):
        for key, item in value.items():
            _check_values(key, depth)
            _check_values(item, depth - 1)
    elif isinstance(value, list):
        for item in value:
            _check_values(item, depth - 1)


def encode(frame: Mapping[str, Any]) -> bytes:
    return _dumps(frame).encode()


def encode_push(publication: Publication) -> bytes:
    """Types and topics are ours and need no escaping; the payload is JSON already."""
    offset = f',"offset":{publication.offset}' if publication.offset else ""
    return (
        f'{{"type":"{publication.type}","topic":"{publication.topic}"{offset},'
        f'"payload":{publication.payload}}}'
    ).encode()


def encode_reply(command_id: CommandId, payload: Mapping[str, Any]) -> bytes:
    return encode({"id": command_id, "type": "reply", "payload": payload})


def encode_error(
    command_id: CommandId | None, code: str, message: str, extra: Mapping[str, Any] | None = None
) -> bytes:
    frame: dict[str, Any] = {} if command_id is None else {"id": command_id}
    frame |= {"type": "error", "error": {"code": code, "message": message, **(extra or {})}}
    return encode(frame)


def render(payload: Mapping[str, Any]) -> str:
    return _dumps(payload)
