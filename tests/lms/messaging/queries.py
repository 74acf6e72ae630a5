"""How many questions a request asks. Finding its tenant is cached for a moment, so those that
name the tenants' own tables do not count, nor do transactions and search paths."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection
from django.test.utils import CaptureQueriesContext


@contextmanager
def queries(number: int) -> Iterator[None]:
    """Exactly so many statements on the school's tables."""
    with CaptureQueriesContext(connection) as captured:
        yield
    asked = [query["sql"] for query in captured if _counts(query["sql"])]
    assert len(asked) == number, "\n\n".join([f"{len(asked)} queries:", *asked])


def _counts(sql: str) -> bool:
    words = ("SELECT", "INSERT", "UPDATE", "DELETE", "WITH")
    return sql.lstrip().upper().startswith(words) and "tenants_" not in sql
