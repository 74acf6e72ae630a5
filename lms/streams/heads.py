"""Stream heads: taking offsets under lock.

The head row is locked until the caller's commit, so offset order is commit order. Streams
are made in name order first and locked in name order then, all of a batch or none, so two
batches cannot wait for each other. Callers take this lock last.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from django.db import connection, transaction
from psycopg import Cursor

from lms.core.ids import uuid7
from lms.core.pipeline import Run, pipeline

_LOCK_AND_ADVANCE = """
    WITH wanted AS MATERIALIZED (
        SELECT s.id, w.n
        FROM unnest(%s::text[], %s::int[]) AS w(name, n)
        JOIN streams_stream s ON s.name = w.name
        WHERE (SELECT count(*) FROM streams_stream WHERE name = ANY(%s)) = cardinality(%s::text[])
        ORDER BY s.name
        FOR NO KEY UPDATE OF s
    )
    UPDATE streams_stream s SET head = s.head + wanted.n
    FROM wanted WHERE s.id = wanted.id
    RETURNING s.name, s.id, s.epoch::text, s.head
"""
_GIVE_BACK = """
    UPDATE streams_stream s SET head = s.head - w.n
    FROM unnest(%s::text[], %s::int[]) AS w(name, n) WHERE s.name = w.name
"""
_CREATE = """
    INSERT INTO streams_stream (id, name, epoch, head, floor, created_at)
    SELECT id, name, gen_random_uuid(), 0, 0, now()
    FROM unnest(%s::uuid[], %s::text[]) AS w(id, name) ORDER BY name
    ON CONFLICT (name) DO NOTHING
"""


# Joins the caller's transaction without a savepoint: two round trips less for every message.
@transaction.atomic(savepoint=False)
def advance(counts: Mapping[str, int]) -> dict[str, tuple[str, str, int]]:
    """Lock the streams and take `n` offsets in each: name -> (id, epoch, new head).

    Streams that do not exist yet are made.
    """
    found = _advance(counts)
    if len(found) < len(counts):
        create_streams(list(counts))
        found = _advance(counts)
    return found


def _advance(counts: Mapping[str, int]) -> dict[str, tuple[str, str, int]]:
    with pipeline() as run:
        return read_advanced(queue_advance(run, counts))


def queue_advance(run: Run, counts: Mapping[str, int]) -> Cursor[Any]:
    """The locking, to leave together with other statements. All of the streams or none: where
    one is missing nothing is locked, and `advance` has to be called instead."""
    names = list(counts)
    return run(_LOCK_AND_ADVANCE, [names, list(counts.values()), names, names])


def read_advanced(cursor: Cursor[Any]) -> dict[str, tuple[str, str, int]]:
    return {name: (id_, epoch, head) for name, id_, epoch, head in cursor.fetchall()}


def give_back(counts: Mapping[str, int]) -> None:
    """Return offsets taken by `advance` in this transaction and not used after all."""
    left = {name: n for name, n in counts.items() if n}
    with connection.cursor() as cursor:
        cursor.execute(_GIVE_BACK, [list(left), list(left.values())])


def create_streams(names: Sequence[str]) -> None:
    """Make the streams that do not exist; another transaction's are waited for and kept."""
    with connection.cursor() as cursor:
        cursor.execute(_CREATE, [[uuid7() for _ in names], list(names)])
