"""Where the socket side hears, after the commit, what was appended.

A failure here delays a push and loses nothing: every node compares its offsets with the
heads in the database.
"""

import logging
from collections.abc import Callable, Sequence
from functools import partial

from django.db import transaction

from lms.streams.entries import Appended
from tenants.context import current_schema

logger = logging.getLogger(__name__)

Listener = Callable[[str, Sequence[Appended]], None]
_listeners: list[Listener] = []


def register(listener: Listener) -> None:
    """`listener(schema, entries)` is called once after each commit; it must not wait."""
    if listener not in _listeners:
        _listeners.append(listener)


def unregister(listener: Listener) -> None:
    _listeners.remove(listener)


def announce_after_commit(entries: Sequence[Appended]) -> None:
    transaction.on_commit(partial(_announce, current_schema(), entries))


def _announce(schema: str, entries: Sequence[Appended]) -> None:
    for listener in _listeners:
        try:
            listener(schema, entries)
        except Exception:
            # The entries are committed and will be found; the request must not fail for it.
            logger.exception("announce_failed", extra={"entries": len(entries)})
