"""What tests look at: the questions asked of the database, and the entries of a stream."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection
from django.test.utils import CaptureQueriesContext

from lms.messaging.models import Conversation
from lms.streams.selectors import entries_after


@contextmanager
def queries(number: int) -> Iterator[None]:
    """Exactly so many statements on the school's tables.

    Finding a request's tenant is cached for a moment, so what names the tenants' own tables does
    not count, nor do transactions and search paths.
    """
    with CaptureQueriesContext(connection) as captured:
        yield
    asked = [query["sql"] for query in captured if _counts(query["sql"])]
    assert len(asked) == number, "\n\n".join([f"{len(asked)} queries:", *asked])


def _counts(sql: str) -> bool:
    words = ("SELECT", "INSERT", "UPDATE", "DELETE", "WITH")
    return sql.lstrip().upper().startswith(words) and "tenants_" not in sql


def entries(conversation: Conversation) -> list[tuple[str, Any]]:
    """(type, payload) of all its entries, in order."""
    found = entries_after(conversation.stream, 0, limit=500)
    return [(entry.type, json.loads(entry.payload)) for entry in found]
