"""Appending and trimming. SQL by hand: this is the path every message takes."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.conf import settings
from django.db import connection, transaction

from lms.streams.announce import announce_after_commit
from lms.streams.entries import Appended, NewEntry, new_entry
from lms.streams.heads import advance

_INSERT = """
    INSERT INTO streams_entry (stream_id, "offset", type, payload, created_at)
    SELECT *, now() FROM unnest(%s::uuid[], %s::bigint[], %s::text[], %s::text[])
"""
_TRIM = """
    WITH cut AS (
        SELECT s.id, greatest(
            s.head - %s,
            coalesce((SELECT max(e."offset") FROM streams_entry e
                      WHERE e.stream_id = s.id
                        AND e.created_at < now() - make_interval(days => %s)), 0)
        ) AS floor
        FROM streams_stream s WHERE s.head > s.floor ORDER BY s.name
    ), moved AS (
        UPDATE streams_stream s SET floor = cut.floor
        FROM cut WHERE s.id = cut.id AND cut.floor > s.floor RETURNING s.id, s.floor
    )
    DELETE FROM streams_entry e USING moved
    WHERE e.stream_id = moved.id AND e."offset" <= moved.floor
"""


def append(*, stream: str, type: str, payload: Mapping[str, Any]) -> Appended:  # noqa: A002
    """Add one entry in the caller's transaction; it is pushed after the commit."""
    return append_many([new_entry(stream, type, payload)])[0]


def append_many(entries: Sequence[NewEntry]) -> list[Appended]:
    """Add entries, in their order, in the caller's transaction. Three statements at most."""
    if not entries:
        return []
    appended = write_entries(entries, advance(_counts(entries)))
    announce_after_commit(appended)
    return appended


def _counts(entries: Sequence[NewEntry]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for entry in entries:
        counts[entry.stream] = counts.get(entry.stream, 0) + 1
    return counts


def write_entries(
    entries: Sequence[NewEntry], heads: Mapping[str, tuple[str, str, int]]
) -> list[Appended]:
    """Insert the entries at the offsets that `advance` took for them."""
    taken = _counts(entries)
    following = {name: heads[name][2] - n for name, n in taken.items()}
    appended = []
    for entry in entries:
        following[entry.stream] += 1
        appended.append(
            Appended(
                entry.stream,
                heads[entry.stream][1],
                following[entry.stream],
                entry.type,
                entry.payload,
            )
        )
    insert_entries(appended, heads)
    return appended


def insert_entries(appended: Sequence[Appended], heads: Mapping[str, tuple[str, str, int]]) -> None:
    columns: list[Any] = [
        [heads[entry.stream][0] for entry in appended],
        [entry.offset for entry in appended],
        [entry.type for entry in appended],
        [entry.payload for entry in appended],
    ]
    with connection.cursor() as cursor:
        cursor.execute(_INSERT, columns)


@transaction.atomic
def trim_streams() -> int:
    """Forget entries beyond the retention; readers behind the floor must refetch.

    Returns how many entries went.
    """
    with connection.cursor() as cursor:
        cursor.execute(_TRIM, [settings.STREAM_RETENTION_ENTRIES, settings.STREAM_RETENTION_DAYS])
        return int(cursor.rowcount)
