"""Doing things at the same moment."""

import threading
from collections.abc import Callable, Sequence
from typing import Any

from django.db import connection

from tenants.context import in_tenant


def at_once(schema: str, *acts: Callable[[], Any]) -> list[Any]:
    """Run the acts in threads that start together; their results, or the exceptions they raised."""
    barrier = threading.Barrier(len(acts))
    results: list[Any] = [None] * len(acts)

    def run(number: int, act: Callable[[], Any]) -> None:
        try:
            with in_tenant(schema):
                barrier.wait(timeout=10)
                results[number] = act()
        except Exception as error:
            results[number] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(number, act)) for number, act in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    return results


def errors_in(results: Sequence[Any]) -> list[Exception]:
    return [result for result in results if isinstance(result, Exception)]
