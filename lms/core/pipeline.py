"""Statements that leave together and are prepared: for the paths that every message takes.

A trip to the database costs more than most of its statements. What is run here goes through
psycopg itself, on Django's connection and in its transaction, tenant and errors.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any

import psycopg
from django.db import connection

Run = Callable[[str, Sequence[Any]], psycopg.Cursor[Any]]


@contextmanager
def pipeline() -> Iterator[Run]:
    """`run(sql, parameters)` queues a statement; the first fetch, or the end, sends them all."""
    connection.ensure_connection()
    raw: psycopg.Connection[Any] = connection.connection
    with connection.wrap_database_errors, raw.pipeline():
        # Making a cursor is what puts the connection into the tenant's schema.
        connection.cursor().close()
        yield partial(_run, raw)


def _run(
    raw: psycopg.Connection[Any], statement: str, parameters: Sequence[Any]
) -> psycopg.Cursor[Any]:
    return psycopg.Cursor(raw).execute(statement.encode(), parameters, prepare=True)
