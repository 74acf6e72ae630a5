"""Readers that catch up while others write: by offset they miss nothing, by a serial id they do."""

import random

import pytest
from django.db import connection, transaction

from lms.streams.selectors import entries_after
from lms.streams.services import append
from tests.lms.messaging.threads import at_once, errors_in

STREAM = "conversation:1"
WRITERS, EACH = 8, 40


@pytest.fixture
def table_with_serial_ids(alpha_committed):
    """The design that was rejected: a cursor over a serial id."""
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE by_serial (id bigserial PRIMARY KEY, payload text)")
    yield
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE by_serial")


def dawdle():
    """Transactions commit in another order than they began: some do more than others."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_sleep(%s)", [random.random() / 200])


def write_by_offset():
    for _ in range(EACH):
        with transaction.atomic():
            append(stream=STREAM, type="x", payload={})
            dawdle()


def write_by_serial_id():
    for _ in range(EACH):
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("INSERT INTO by_serial (payload) VALUES ('x')")
            dawdle()


def catch_up(read_after):
    """Read on from the newest position seen until everything was written, or nothing comes."""
    seen: list[int] = []
    quiet = 0
    while len(seen) < WRITERS * EACH and quiet < 300:
        found = read_after(seen[-1] if seen else 0)
        seen += found
        quiet = 0 if found else quiet + 1
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_sleep(0.003)")
    return seen


def after_offset(offset):
    return [entry.offset for entry in entries_after(STREAM, offset, limit=200)]


def after_serial_id(number):
    with connection.cursor() as cursor:
        cursor.execute("SELECT id FROM by_serial WHERE id > %s ORDER BY id LIMIT 200", [number])
        return [row[0] for row in cursor.fetchall()]


def test_catching_up_by_offset_with_eight_writers_misses_nothing(alpha_committed):
    results = at_once(alpha_committed, lambda: catch_up(after_offset), *[write_by_offset] * WRITERS)

    assert errors_in(results) == []
    assert results[0] == list(range(1, WRITERS * EACH + 1))


def test_control_catching_up_by_a_serial_id_misses_messages(alpha_committed, table_with_serial_ids):
    results = at_once(
        alpha_committed, lambda: catch_up(after_serial_id), *[write_by_serial_id] * WRITERS
    )

    assert errors_in(results) == []
    assert len(after_serial_id(0)) == 200  # everything is there
    assert len(results[0]) < WRITERS * EACH
