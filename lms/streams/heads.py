"""Stream heads: taking offsets under lock.

The head row is locked until the caller's commit, so offset order is commit order. Streams
are locked in name order, whatever the batch, so two batches cannot wait for each other.
Callers take this lock last.
"""

from collections.abc import Mapping, Sequence

from django.db import connection, transaction

from lms.core.ids import uuid7

_LOCK_AND_ADVANCE = """
    WITH wanted AS MATERIALIZED (
        SELECT s.id, w.n
        FROM unnest(%s::text[], %s::int[]) AS w(name, n)
        JOIN streams_stream s ON s.name = w.name
        ORDER BY s.name
        FOR NO KEY UPDATE OF s
    )
    UPDATE streams_stream s SET head = s.head + wanted.n
    FROM wanted WHERE s.id = wanted.id
    RETURNING s.name, s.id, s.epoch::text, s.head
"""
_CREATE = """
    INSERT INTO streams_stream (id, name, epoch, head, floor, created_at)
    SELECT id, name, gen_random_uuid(), 0, 0, now()
    FROM unnest(%s::uuid[], %s::text[]) AS w(id, name) ORDER BY name
    ON CONFLICT (name) DO NOTHING
"""


@transaction.atomic
def advance(counts: Mapping[str, int]) -> dict[str, tuple[str, str, int]]:
    """Lock the streams and take `n` offsets in each: name -> (id, epoch, new head).

    Streams that do not exist yet are made.
    """
    names = list(counts)
    found = _advance(names, [counts[name] for name in names])
    missing = [name for name in names if name not in found]
    if missing:
        create_streams(missing)
        found |= _advance(missing, [counts[name] for name in missing])
    return found


def _advance(names: list[str], numbers: list[int]) -> dict[str, tuple[str, str, int]]:
    with connection.cursor() as cursor:
        cursor.execute(_LOCK_AND_ADVANCE, [names, numbers])
        return {name: (id_, epoch, head) for name, id_, epoch, head in cursor.fetchall()}


def create_streams(names: Sequence[str]) -> None:
    """Make the streams that do not exist; another transaction's are waited for and kept."""
    with connection.cursor() as cursor:
        cursor.execute(_CREATE, [[uuid7() for _ in names], list(names)])
