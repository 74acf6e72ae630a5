"""Who hears that a tenant's state changed, and who keeps a record of platform acts.

The rooms above register here, so that this one need not know them. State changes are told
after the commit; records are written in the transaction of the act.
"""

import logging
from collections.abc import Callable
from functools import partial
from typing import Any, Protocol

from django.db import models, transaction

logger = logging.getLogger(__name__)

Listener = Callable[[str, str], None]


class Recorder(Protocol):
    def __call__(
        self, *, action: str, actor: Any, target: models.Model, details: dict[str, Any]
    ) -> object: ...


_listeners: list[Listener] = []
_recorders: list[Recorder] = []


def register(listener: Listener) -> None:
    """`listener(schema, state)` is called after the commit, in the process that made the change."""
    if listener not in _listeners:
        _listeners.append(listener)


def unregister(listener: Listener) -> None:
    _listeners.remove(listener)


def register_recorder(recorder: Recorder) -> None:
    """The recorder works in the current schema and in the caller's transaction."""
    if recorder not in _recorders:
        _recorders.append(recorder)


def announce_after_commit(schema: str, state: str) -> None:
    transaction.on_commit(partial(_announce, schema, state))


def record(*, action: str, actor: Any, target: models.Model, details: dict[str, Any]) -> None:
    for recorder in _recorders:
        recorder(action=action, actor=actor, target=target, details=details)


def _announce(schema: str, state: str) -> None:
    for listener in _listeners:
        try:
            listener(schema, state)
        except Exception:
            # The change is committed; every door asks for the state again anyway.
            logger.exception("tenant_announce_failed", extra={"tenant_state": state})
