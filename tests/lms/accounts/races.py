"""Many at the same moment, each in its own thread and database connection."""

import threading
from collections.abc import Callable, Sequence
from typing import Any

from django.db import connection

from lms.core.request_facts import RequestFacts, request_facts_var
from tenants.context import in_tenant


def at_once(schema: str, calls: Sequence[Callable[[], Any]], *, devices: bool = False) -> list[Any]:
    """The results, or the exceptions, in the order of `calls`. With `devices`, each call comes
    from a device of its own."""
    barrier, outcomes = threading.Barrier(len(calls), timeout=10), [None] * len(calls)

    def run(number: int) -> None:
        agent = f"device {number}" if devices else "one device"
        request_facts_var.set(RequestFacts(ip="192.0.2.1", user_agent=agent))
        with in_tenant(schema):
            barrier.wait()
            try:
                outcomes[number] = calls[number]()
            except Exception as error:
                outcomes[number] = error
            finally:
                connection.close()

    threads = [threading.Thread(target=run, args=(number,)) for number in range(len(calls))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return outcomes
