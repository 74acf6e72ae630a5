"""What commands exist and what their payloads hold. Pure: shape only, rules are the services'."""

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from realtime.protocol import BadFrame, Command

LARGEST_OFFSET = 2**53 - 1


class _Wrong(ValueError):
    """Says what the field has to be."""


@dataclass(frozen=True, slots=True)
class Field:
    read: Callable[[Any], Any]
    required: bool = True
    default: Any = None


def _text(longest: int) -> Callable[[Any], str]:
    def read(value: Any) -> str:
        if not isinstance(value, str) or len(value) > longest:
            raise _Wrong(f"text of at most {longest} characters")
        return value

    return read


def _uuid(value: Any) -> uuid.UUID:
    try:
        return uuid.UUID(value)
    except (ValueError, AttributeError, TypeError):
        raise _Wrong("an id") from None


def _uuid_or_null(value: Any) -> uuid.UUID | None:
    return None if value is None else _uuid(value)


def _whole(low: int, high: int) -> Callable[[Any], int]:
    def read(value: Any) -> int:
        if type(value) is not int or not low <= value <= high:
            raise _Wrong(f"a whole number from {low} to {high}")
        return value

    return read


def _objects(most: int) -> Callable[[Any], list[dict[str, Any]]]:
    def read(value: Any) -> list[dict[str, Any]]:
        if (
            not isinstance(value, list)
            or len(value) > most
            or not all(isinstance(item, dict) for item in value)
        ):
            raise _Wrong(f"a list of at most {most} objects")
        return value

    return read


_MESSAGE = {"message_id": Field(_uuid)}
_REACTION = {**_MESSAGE, "emoji": Field(_text(32))}

COMMANDS: Mapping[str, Mapping[str, Field]] = {
    "message.send": {
        "client_id": Field(_text(64)),
        # Longer than any message may be, so that the service can say so by its own code.
        "content": Field(_text(60_000), required=False, default=""),
        "reply_to": Field(_uuid_or_null, required=False),
        "attachments": Field(_objects(10), required=False, default=()),
    },
    "message.edit": {**_MESSAGE, "content": Field(_text(60_000))},
    "message.delete": _MESSAGE,
    "reaction.add": _REACTION,
    "reaction.remove": _REACTION,
    "typing.start": {},
    "typing.stop": {},
    "read.mark": {"offset": Field(_whole(0, LARGEST_OFFSET))},
    "history": {
        "before": Field(_whole(1, LARGEST_OFFSET), required=False),
        "limit": Field(_whole(1, 100), required=False, default=50),
    },
    "presence": {},
    "auth.refresh": {"token": Field(_text(4096))},
    "ping": {},
}


def read_payload(command: Command) -> dict[str, Any]:
    """The payload with every field in its type. Raises BadFrame naming what is wrong."""
    fields = COMMANDS.get(command.type)
    if fields is None:
        raise BadFrame("unknown_type", f"{command.type[:64]}: no such command.", command.id)
    unknown = command.payload.keys() - fields.keys()
    if unknown:
        raise BadFrame("invalid_field", f"{min(unknown)[:64]}: unknown field.", command.id)
    values = {}
    for name, field in fields.items():
        if name not in command.payload:
            if field.required:
                raise BadFrame("invalid_field", f"{name}: required.", command.id)
            values[name] = field.default
            continue
        try:
            values[name] = field.read(command.payload[name])
        except _Wrong as error:
            raise BadFrame("invalid_field", f"{name}: {error}.", command.id) from None
    return values
