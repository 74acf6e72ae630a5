"""How the tests of courses, enrolments and notifications speak to the server."""

import json
import threading
from collections.abc import Callable, Sequence
from typing import Any

from django.db import connection
from rest_framework.test import APIClient

from lms.accounts.models import User
from lms.streams.selectors import entries_after
from tenants.context import in_tenant
from tests.factories.accounts import bearer


def door(user: User | None = None, host: str = "alpha.test") -> APIClient:
    """A JSON client on the tenant's host, signed in as the person."""
    client = APIClient(headers={"host": host, **(bearer(user) if user else {})})
    client.default_format = "json"
    return client


def entries(stream: str, offset: int = 0) -> list[tuple[str, dict[str, Any]]]:
    """What stands in the stream after the offset: types and payloads."""
    return [(e.type, json.loads(e.payload)) for e in entries_after(stream, offset, limit=500)]


def at_once(schema: str, *calls: Callable[[], Any]) -> list[Any]:
    """Each call in its own thread and connection, begun together; results or exceptions."""
    barrier = threading.Barrier(len(calls))
    outcomes: list[Any] = [None] * len(calls)

    def run(number: int, call: Callable[[], Any]) -> None:
        with in_tenant(schema):
            barrier.wait()
            try:
                outcomes[number] = call()
            except Exception as error:
                outcomes[number] = error
            finally:
                connection.close()

    run_all([threading.Thread(target=run, args=pair) for pair in enumerate(calls)])
    return outcomes


def run_all(threads: Sequence[threading.Thread]) -> None:
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
