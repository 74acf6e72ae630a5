"""Ids: UUIDv7, so that primary keys are unguessable enough, unique and in order of creation."""

import uuid

from uuid_utils.compat import uuid7 as _uuid7


def uuid7() -> uuid.UUID:
    return _uuid7()


def parse_uuid(value: object) -> uuid.UUID | None:
    """The id, or None for any other shape: an odd id is one that names nothing."""
    if isinstance(value, uuid.UUID):
        return value
    if not isinstance(value, str) or len(value) not in (32, 36):
        return None
    try:
        return uuid.UUID(value)
    except ValueError:
        return None
