"""Reading streams: where they stand and what came after an offset. Always bounded."""

from collections.abc import Sequence

from django.db import connection

from lms.streams.entries import Appended, Position
from lms.streams.heads import create_streams

_AFTER = """
    SELECT s.name, s.epoch::text, e."offset", e.type, e.payload
    FROM streams_stream s JOIN streams_entry e ON e.stream_id = s.id
    WHERE s.name = %s AND e."offset" > %s ORDER BY e."offset" LIMIT %s
"""
_HEADS = "SELECT name, epoch::text, head, floor FROM streams_stream WHERE name = ANY(%s)"


def get_position(stream: str) -> Position:
    """Where the stream stands. A stream nobody has written to yet is made, to have an epoch."""
    heads = get_heads([stream])
    if stream not in heads:
        create_streams([stream])
        heads = get_heads([stream])
    return heads[stream]


def get_heads(streams: Sequence[str]) -> dict[str, Position]:
    """Positions of all that exist, in one query."""
    with connection.cursor() as cursor:
        cursor.execute(_HEADS, [list(streams)])
        return {name: Position(*position) for name, *position in cursor.fetchall()}


def entries_after(stream: str, offset: int, limit: int) -> list[Appended]:
    """At most `limit` entries after the offset, in order."""
    with connection.cursor() as cursor:
        cursor.execute(_AFTER, [stream, offset, limit])
        return [Appended(*row) for row in cursor.fetchall()]
