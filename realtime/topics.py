"""What one can listen to: `kind:uuid`. The same word names the durable stream behind it."""

import re
import uuid
from dataclasses import dataclass
from enum import StrEnum

_TOPIC = re.compile(r"(conversation|course|user):([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})")


class Kind(StrEnum):
    CONVERSATION = "conversation"
    COURSE = "course"
    USER = "user"


@dataclass(frozen=True, slots=True)
class Topic:
    kind: Kind
    id: uuid.UUID

    def __str__(self) -> str:
        return f"{self.kind}:{self.id}"


def parse_topic(text: str) -> Topic | None:
    """None for anything that is not exactly a topic's name."""
    match = _TOPIC.fullmatch(text)
    if match is None:
        return None
    return Topic(Kind(match[1]), uuid.UUID(match[2]))
