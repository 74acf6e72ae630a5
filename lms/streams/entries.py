"""The plain values that travel: what to append, what was appended, where a stream stands."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class NewEntry:
    """`payload` is JSON text, or has it made by `new_entry`."""

    stream: str
    type: str
    payload: str


@dataclass(frozen=True, slots=True)
class Appended:
    stream: str
    epoch: str
    offset: int
    type: str
    payload: str


@dataclass(frozen=True, slots=True)
class Position:
    """Offsets up to and including `floor` are trimmed; `offset` is the newest."""

    epoch: str
    offset: int
    floor: int = 0


def new_entry(stream: str, type: str, payload: Mapping[str, Any]) -> NewEntry:  # noqa: A002 - the wire's word
    return NewEntry(stream, type, render(payload))


def render(value: Mapping[str, Any] | Sequence[Any]) -> str:
    """Compact JSON, in UTF-8 rather than escapes."""
    return _encoder.encode(value)


_encoder = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False)
